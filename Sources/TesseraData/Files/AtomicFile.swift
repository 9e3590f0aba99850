private import Foundation
internal import TesseraCore

/// Writes files so that a reader sees the whole file or none: aside first, then renamed.
///
/// A crash leaves at most a file whose name ends in `partSuffix`. The rename is ordered after the data only
/// by the file system; with `sync` the data is on the disk first.
package enum AtomicFile {
  /// What the names of unfinished files end in.
  package static let partSuffix = ".tessera-part"

  /// What a file is called while it is unfinished: its name and the suffix, or, where that is longer than file
  /// systems allow, the name's start and a digest of it.
  static func part(of path: String) -> String {
    let start = path.lastIndex(of: "/").map { path.index(after: $0) } ?? path.startIndex
    let name = Array(path[start...].utf8)
    guard name.count + partSuffix.utf8.count > 255 else { return path + partSuffix }
    let short = String(decoding: name.prefix(160), as: UTF8.self).filter { $0 != "\u{FFFD}" }
    return path[..<start] + short + "." + Digest.hex(of: name).prefix(16) + partSuffix
  }

  /// Writes `bytes` as the file `path`, replacing an older one.
  ///
  /// - Parameter sync: wait for the disk. Worth its time for the few files that describe many others.
  /// - Throws: `io`. The old file stays as it was, and nothing is left aside.
  package static func write(_ bytes: [UInt8], to path: String, sync: Bool = false) throws {
    try bytes.withUnsafeBytes { try write([$0], to: path, sync: sync) }
  }

  /// Writes the chunks one after another.
  package static func write(_ chunks: [UnsafeRawBufferPointer], to path: String, sync: Bool = false) throws {
    let file = try PartFile(path)
    for chunk in chunks { try file.file.write(chunk) }
    try file.finish(sync: sync)
  }

  /// Writes `bytes` as the file `path` unless there is one: of several processes exactly one makes it.
  ///
  /// - Parameter owner: what tells the writer's unfinished file from those of the others.
  /// - Returns: whether this call made the file.
  /// - Throws: `io`.
  package static func create(_ bytes: [UInt8], at path: String, owner: String) throws -> Bool {
    let file = try PartFile(path, part: "\(path).\(owner)\(partSuffix)")
    try bytes.withUnsafeBytes { try file.file.write($0) }
    return try file.finishIfFree(sync: true)
  }

  /// Whether a file's name says that it is unfinished.
  static func isPart(_ name: [UInt8]) -> Bool { name.reversed().starts(with: partSuffix.utf8.reversed()) }

  /// Gives a finished part its name.
  static func rename(_ part: String, to path: String) throws {
    do { try FileIO.rename(part, to: path) } catch {
      unlink(part)
      throw error
    }
  }
}
