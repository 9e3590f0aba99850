private import Foundation
internal import TesseraCore
internal import TesseraData

extension FuzzTarget {
  static let containers = [
    FuzzTarget("tar", mend: Checksums.tar) { try TarCheck.run($0) },
    FuzzTarget("tarindex") { try TarIndexCheck.run($0) },
    FuzzTarget("npy") { try ArrayCheck.npy($0) },
    FuzzTarget("arrays") { try ArrayCheck.run($0) },
    FuzzTarget("safetensors") { try ArrayCheck.safetensors($0) },
  ]
}

/// Tars: what the index gives, the stream gives.
enum TarCheck {
  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    let path = try ScratchFolder.write(bytes, "t.tar")
    // Of the tar before, which may have had this one's size and, on a coarse clock, its time.
    ScratchFolder.remove(path + ".index")
    // By its index: opening tars by their paths starts a thread.
    let byIndex = try samples(WebDataset([TarIndex.open(path)]))
    let stream = try WebDatasetStream(path).makeReader(epoch: 0)
    var byStream: [String] = []
    while true {
      let text: String
      do {
        guard let sample = try stream.next() else { break }
        text = describe(sample)
      } catch let error as TesseraError { text = "\(error.reason)" }
      byStream.append(text)
      guard byStream.count <= byIndex.count else { break }
    }
    // A stream says of a tar without samples what is wrong with it; an index lists that apart. A member that does not end
    // may be more than a stream holds of a sample: then it says so and does not look for the end.
    let isSame =
      byIndex.count == byStream.count
      && zip(byIndex, byStream).allSatisfy { index, stream in
        index == stream
          || (stream.hasPrefix("bytes of the member: ") && index.hasPrefix("tar member ends after"))
      }
    try BrokenPromise.unless(
      isSame || byIndex.isEmpty,
      "the index gives \(byIndex.prefix(20)), the stream \(byStream.prefix(20))")
    // The index that was kept is read back, and is the same.
    let again = try WebDataset([TarIndex.open(path)])
    try BrokenPromise.unless(try samples(again) == byIndex, "the kept index gives other samples")
    _ = again.faults
  }

  static func samples(_ data: WebDataset) throws -> [String] {
    try (0..<data.count).map { index in
      _ = data.members(of: index)
      do {
        let sample = try data.sample(at: index)
        for case .section(_, let range, _) in sample.pictures {
          try BrokenPromise.unless(range.lowerBound >= 512 && range.count >= 0, "a member at \(range)")
        }
        return describe(sample)
      } catch let error as TesseraError { return "\(error.reason)" }
    }
  }

  private static func describe(_ sample: Sample) -> String {
    let bytes = sample.pictures.map { picture -> [UInt8]? in
      do { return try picture.encodedBytes() } catch { return nil }
    }
    return "\(sample.label ?? -1) \(sample.text ?? "-") \(bytes)"
  }
}

/// An index file's tables, in a file whose head and digest are right: nothing in them leads a reader astray.
enum TarIndexCheck {
  private static let tar: String = {
    let bytes = [UInt8](repeating: 0, count: 10_240)
    return (try? bytes.withUnsafeBytes { try ScratchFolder.write($0, "index.tar") }) ?? ""
  }()

  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    let stamp = ScratchFolder.stamp(tar)
    var file = Array("TESSTARX".utf8)
    for number in [1, stamp.size, stamp.modified] {
      withUnsafeBytes(of: UInt64(number).littleEndian) { file += $0 }
    }
    file += Array(Digest.hex(of: Array(bytes)).utf8) + bytes
    let place = try file.withUnsafeBytes { try ScratchFolder.write($0, "index.tar.index") }
    defer { ScratchFolder.remove(place) }
    let index = try TarIndex.open(tar)
    _ = index.faults
    for sample in 0..<index.count {
      _ = (index.key(sample), index.members(sample), index.fault(of: sample))
    }
    let data = try WebDataset([index])
    _ = try TarCheck.samples(data)
    _ = try data.fingerprint()
  }
}

/// Arrays in files: npy, npz, safetensors.
enum ArrayCheck {
  static func npy(_ bytes: UnsafeRawBufferPointer) throws {
    let tensor = try Npy.decode(Array(bytes))
    try BrokenPromise.unless(
      tensor.shape.reduce(1, *) * tensor.dataType.byteCount <= bytes.count,
      "\(tensor.shape) out of \(bytes.count) bytes")
    // What is written reads back.
    let elements = tensor.withUnsafeBytes { Array($0) }
    let back = try Npy.decode(Npy.header(shape: tensor.shape, dataType: tensor.dataType) + elements)
    try BrokenPromise.unless(back == tensor, "\(tensor.shape) reads back as \(back.shape)")
  }

  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    let path = try ScratchFolder.write(bytes, "arrays")
    let data = try TensorDataset(path)
    for index in Set([0, 1, data.count / 2, data.count - 1]) where (0..<data.count).contains(index) {
      do {
        for tensor in try data.sample(at: index).tensors.values { _ = tensor.withUnsafeBytes { $0.last } }
      } catch is TesseraError {}
    }
    _ = try data.fingerprint()
  }

  static func safetensors(_ bytes: UnsafeRawBufferPointer) throws {
    let path = try ScratchFolder.write(bytes, "t.safetensors")
    let file = try SafetensorsFile(path)
    for name in file.names {
      let tensor = try file.tensor(name)
      try BrokenPromise.unless(
        tensor.shape.reduce(1, *) * tensor.dataType.byteCount <= bytes.count, "\(name) is \(tensor.shape)")
    }
    let whole = try SafetensorsTable(MappedFile(path))
    try BrokenPromise.unless(whole.entries.map(\.name) == file.names, "two readers of one head differ")
    // The head that is written of what was read reads back.
    let back = try SafetensorsHeader(
      json: Array(file.header.encoded().dropFirst(8)), available: file.header.byteCount)
    try BrokenPromise.unless(back == file.header, "the head reads back as another")
  }
}
