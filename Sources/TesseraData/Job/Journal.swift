private import Foundation
internal import TesseraCore

/// What a run has finished so far, one line each, so that a killed run can go on.
///
/// A line is written after its output has its final name, and in one call: a kill leaves at most the last
/// line torn. Records of a shard's pictures count only if the shard's own line follows.
final class Journal: Sendable {
  private let path: String
  private let state: Guarded<State>

  private struct State {
    var file: NewFile
    /// Bytes of whole lines.
    var length: Int
    /// The first failure: after it nothing is added, lest a torn line have others behind it.
    var fault: TesseraError?
  }

  /// Starts a journal, at `path`, with what an earlier run finished.
  convenience init(_ path: String, carrying pictures: [PictureRecord], shards: [ShardRecord]) throws {
    try self.init(path, lines: pictures.map(\.line) + shards.map(\.line))
  }

  /// Starts a journal, at `path`, with lines that an earlier run wrote.
  init(_ path: String, lines: [String]) throws {
    self.path = path
    let lines = Array(lines.joined().utf8)
    let file = try PartFile(path)
    try lines.withUnsafeBytes { try file.file.write($0) }
    try file.finish(staysOpen: true)
    state = Guarded(State(file: file.file, length: lines.count))
  }

  /// Adds lines; all of them, or none where the disk is full.
  func append(_ lines: String) throws {
    var lines = lines
    try lines.withUTF8 { bytes in
      let raw = UnsafeRawBufferPointer(bytes)
      try state.withLock { state in
        if let fault = state.fault { throw fault }
        do { try state.file.write(raw) } catch let error as TesseraError {
          // Where even this fails, the torn end is the last line, and a resume drops it.
          do { try state.file.cut(to: state.length) } catch {}
          state.fault = error
          throw error
        }
        state.length += raw.count
      }
    }
  }

  /// Reads the journal at `path`; nil if there is none.
  ///
  /// - Throws: `corrupt` if a line other than the last cannot be read.
  static func read(_ path: String) throws -> (pictures: [PictureRecord], shards: [ShardRecord])? {
    guard try FileIO.sizeIfThere(path) != nil else { return nil }
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
