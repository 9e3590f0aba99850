import Foundation
import TestSupport
import Tessera

/// A good tar of ten samples (`cat/0.jpg`, `cat/0.cls`, …), and edits of it.
struct TarFile {
  var bytes: [UInt8]

  /// Ten samples of two members: a picture that says its number, and its class.
  static func good() throws -> TarFile {
    let folder = try TemporaryFolder()
    let writer = try TarWriter(folder.path + "/t.tar")
    for i in 0..<10 {
      try writer.writeSample(key: "cat/\(i)", [("jpg", picture(i)), ("cls", Array("\(i)".utf8))])
    }
    try writer.finish()
    return TarFile(bytes: [UInt8](try Data(contentsOf: URL(filePath: writer.path))))
  }

  /// 700 bytes that stand for a picture: two blocks.
  static func picture(_ i: Int) -> [UInt8] { [UInt8](repeating: UInt8(i + 1), count: 700) }

  /// Where the header of a member is.
  func header(_ name: String) -> Int {
    stride(from: 0, to: bytes.count, by: 512).first { bytes[$0...].starts(with: Array(name.utf8) + [0]) }!
  }

  /// The tar with bytes of a member's header changed; `mend` makes the checksum right again.
  func edited(_ name: String, at place: Int, _ new: [UInt8], mend: Bool = true) -> TarFile {
    var copy = self
    let start = header(name)
    copy.bytes.replaceSubrange(start + place..<start + place + new.count, with: new)
    if mend {
      let block = copy.bytes[start..<start + 512].enumerated()
      let sum = block.reduce(0) { $0 + ((148..<156).contains($1.offset) ? 32 : Int($1.element)) }
      let text = Array(String(sum, radix: 8).utf8)
      copy.bytes.replaceSubrange(
        start + 148..<start + 156, with: [UInt8](repeating: 48, count: 6 - text.count) + text + [0, 32])
    }
    return copy
  }

  func cut(at count: Int) -> TarFile { TarFile(bytes: Array(bytes[..<count])) }

  /// A copy of a part in front of a place.
  func inserting(_ new: [UInt8], at place: Int) -> TarFile {
    TarFile(bytes: bytes[..<place] + new + bytes[place...])
  }
}

/// What comes of every sample of a tar, by index and by stream: the picture's number, or what is wrong.
enum TarReading {
  static func byIndex(_ path: String) throws -> [String] {
    let data = try WebDataset(path)
    return (0..<data.count).map { index in describe { try data.sample(at: index) } }
  }

  static func byStream(_ path: String) throws -> [String] {
    let reader = try WebDatasetStream(path).makeReader(epoch: 0)
    var out: [String] = []
    while true {
      var isEnd = false
      let text = describe {
        guard let sample = try reader.next() else {
          isEnd = true
          return Sample()
        }
        return sample
      }
      if isEnd { return out }
      out.append(text)
    }
  }

  private static func describe(_ sample: () throws -> Sample) -> String {
    do {
      let sample = try sample()
      let bytes = try sample.pictures.first?.encodedBytes() ?? []
      let isWhole = bytes == TarFile.picture(Int(bytes.first ?? 1) - 1)
      return "\(isWhole ? Int(bytes[0]) - 1 : -1) \(sample.label.map { "\($0)" } ?? "none")"
    } catch let error as TesseraError {
      return "\(error.reason)"
    } catch {
      return "another kind of error: \(error)"
    }
  }
}
