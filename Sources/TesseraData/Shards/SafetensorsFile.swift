private import Foundation
public import TesseraCore

/// A safetensors file, opened for reading: the header is in memory, tensors are read when asked for.
public struct SafetensorsFile: Sendable {
  public let path: String
  public let header: SafetensorsHeader
  /// Where the elements start in the file.
  let dataStart: Int

  /// Reads the header.
  ///
  /// - Throws: `io`, `corrupt`, `truncated`, `unsupported`, or `limitExceeded` for a header over 100 MB.
  public init(_ path: String) throws {
    self.path = path
    let file = try FileIO.openFile(path, O_RDONLY)
    defer { close(file) }
    do {
      (header, dataStart) = try Self.readHeader(file, size: FileIO.size(of: file, path), path: path)
    } catch let error as TesseraError {
      throw error.with(path: path)
    }
  }

  private static func readHeader(_ file: Int32, size: Int, path: String) throws -> (SafetensorsHeader, Int) {
    guard size >= 8 else {
      throw TesseraError(.truncated(format: "safetensors", expected: 8, got: size, unit: "bytes"))
    }
    var prefix = [UInt8](repeating: 0, count: 8)
    try prefix.withUnsafeMutableBytes { try FileIO.readAll(file, into: $0, at: 0, path: path) }
    let start = try prefix.withUnsafeBytes { try SafetensorsTable.dataStart($0, size: size) }
    var json = [UInt8](repeating: 0, count: start - 8)
    try json.withUnsafeMutableBytes { try FileIO.readAll(file, into: $0, at: 8, path: path) }
    return (try SafetensorsHeader(json: json, available: size - start), start)
  }

  public var metadata: [String: String] { header.metadata }
  public var names: [String] { header.entries.map(\.name) }

  /// Reads one tensor.
  ///
  /// - Throws: `invalidArgument` if there is none of that name, `io`.
  public func tensor(_ name: String) throws -> AnyTensor {
    guard let entry = header[name] else {
      throw TesseraError(
        .invalidArgument(
          name: "the tensor's name", expected: names.joined(separator: " or "), got: "'\(name)'"),
        path: path)
    }
    let file = try FileIO.openFile(path, O_RDONLY)
    defer { close(file) }
    let block = MemoryBlock(byteCount: entry.bytes.count)
    try FileIO.readAll(file, into: block.mutableBytes, at: dataStart + entry.bytes.lowerBound, path: path)
    return AnyTensor(shape: entry.shape, dataType: entry.dataType, block: block)
  }

  /// Writes tensors as one file, larger element types first (so that each starts aligned), then by name.
  ///
  /// - Parameter sync: whether the disk is waited for before the file gets its name.
  /// - Throws: `io`.
  public static func write(
    _ tensors: [String: AnyTensor], metadata: [String: String] = [:], to path: String, sync: Bool = false
  ) throws {
    let sorted = tensors.sorted { a, b in
      let (x, y) = (a.value.dataType.byteCount, b.value.dataType.byteCount)
      return x != y ? x > y : a.key.unicodeScalars.lexicographicallyPrecedes(b.key.unicodeScalars)
    }
    var header = SafetensorsHeader()
    header.metadata = metadata
    for (name, tensor) in sorted { header.append(name, shape: tensor.shape, dataType: tensor.dataType) }
    // A second hand on each tensor keeps its memory while the chunks point into it.
    try withBytes(of: sorted.map(\.value), [header.encoded()], []) {
      try AtomicFile.write($0, to: path, sync: sync)
    }
  }

  /// Opens the tensors' bytes one inside another and calls `body` with all of them.
  private static func withBytes(
    of tensors: [AnyTensor], _ heads: [[UInt8]], _ chunks: [UnsafeRawBufferPointer],
    _ body: ([UnsafeRawBufferPointer]) throws -> Void
  ) throws {
    if let head = heads.first {
      return try head.withUnsafeBytes { try withBytes(of: tensors, [], chunks + [$0], body) }
    }
    guard let first = tensors.first else { return try body(chunks) }
    try first.withUnsafeBytes { try withBytes(of: Array(tensors.dropFirst()), [], chunks + [$0], body) }
  }
}
