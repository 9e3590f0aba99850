private import Foundation
internal import TesseraCore

/// What a run has finished so far, one line each, so that a killed run can go on.
///
/// A line is written after its output has its final name, and in one call: a kill leaves at most the last
/// line torn. Records of a shard's pictures count only if the shard's own line follows.
final class Journal: Sendable {
  static let name = "journal.jsonl"

  private let path: String
  private let file: Guarded<Int32>

  /// Starts a journal with what an earlier run finished.
  convenience init(in folder: String, carrying pictures: [PictureRecord], shards: [ShardRecord]) throws {
    try self.init(in: folder, lines: pictures.map(\.line) + shards.map(\.line))
  }

  /// Starts a journal with lines that an earlier run wrote.
  init(in folder: String, lines: [String]) throws {
    path = folder + "/" + Self.name
    try AtomicFile.write(Array(lines.joined().utf8), to: path)
    let descriptor = open(path, O_WRONLY | O_APPEND | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileIO.lastError("open", path) }
    file = Guarded(descriptor)
  }

  deinit { file.withLock { _ = close($0) } }

  func append(_ lines: String) throws {
    var lines = lines
    try lines.withUTF8 { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      try file.withLock { try FileIO.writeAll($0, raw, path: path) }
    }
  }

  /// Reads the journal in `folder`; nil if there is none.
  ///
  /// - Throws: `corrupt` if a line other than the last cannot be read.
  static func read(in folder: String) throws -> (pictures: [PictureRecord], shards: [ShardRecord])? {
    let path = folder + "/" + name
    guard FileIO.size(path) != nil else { return nil }
    let lines = try FileIO.read(path).split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    var pictures: [PictureRecord] = []
    var shards: [ShardRecord] = []
    let decoder = JSONDecoder()
    // What follows the last newline is nothing, or torn.
    for (number, line) in lines.dropLast().enumerated() {
      let data = Data(line)
      if let picture = try? decoder.decode(PictureRecord.self, from: data) {
        pictures.append(picture)
      } else if let shard = try? decoder.decode(ShardRecord.self, from: data) {
        shards.append(shard)
      } else {
        throw TesseraError(
          .corrupt(format: "the journal", detail: "line \(number + 1) cannot be read"), path: path)
      }
    }
    return (pictures, shards)
  }
}
