private import Foundation
internal import TesseraCore
internal import TesseraData

/// A directory that is filled aside and gets its name when it is whole.
///
/// A crash leaves at most a directory whose name ends in `.tessera-part`, or, in the moment of the exchange, the old
/// one under a name that ends in `.tessera-old`; a torn one never has the name.
struct NewDirectory {
  let path: String
  /// Where its files are written.
  let part: String
  private let replaces: Bool

  /// Makes the directory aside.
  ///
  /// - Parameter replaces: whether a model directory (one with a `config.json`), or an empty one, that has the name may
  ///   be replaced; anything else never is.
  /// - Throws: `invalidArgument` where something stands in the way, `io`.
  init(_ path: String, replaces: Bool) throws {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    part = self.path + AtomicFile.partSuffix
    self.replaces = replaces
    if FileIO.identity(self.path) != nil { try Self.check(self.path, replaces) }
    try FileIO.removeAll(part)
    try FileIO.makeFolder(part)
  }

  private static func check(_ path: String, _ replaces: Bool) throws {
    guard FileIO.isFolder(path) else {
      throw TesseraError(
        .invalidArgument(name: "the new directory", expected: "a name that is free", got: "a file"),
        path: path)
    }
    guard replaces else {
      throw TesseraError(
        .invalidArgument(
          name: "the new directory", expected: "a name that is free (or leave to replace it)",
          got: "a directory that exists"),
        path: path)
    }
    let names = try FileManager.default.contentsOfDirectory(atPath: path)
    guard names.isEmpty || names.contains("config.json") else {
      throw TesseraError(
        .invalidArgument(
          name: "the directory to replace", expected: "a model's, with a config.json",
          got: "one with \(names.count) other files"),
        path: path)
    }
  }

  /// Gives the directory its name.
  func finish() throws {
    guard FileIO.identity(path) != nil else { return try FileIO.move(part, to: path) }
    // What came meanwhile is looked at as what was there before.
    try Self.check(path, replaces)
    let old = path + ".tessera-old"
    try FileIO.removeAll(old)
    try FileIO.move(path, to: old)
    do { try FileIO.move(part, to: path) } catch {
      try FileIO.move(old, to: path)
      throw error
    }
    try FileIO.removeAll(old)
  }

  /// Takes away what was written so far.
  func abandon() throws { try FileIO.removeAll(part) }
}
