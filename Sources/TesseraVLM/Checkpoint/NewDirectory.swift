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
  private let kind: Kind

  /// What a directory holds, by the file that says so.
  enum Kind: String {
    case model = "config.json"
    case adapter = "adapter_config.json"

    /// The kind in words.
    var words: String {
      self == .model ? "a model's, with a \(rawValue)" : "an adapter's, with an \(rawValue)"
    }
  }

  /// Makes the directory aside.
  ///
  /// - Parameters:
  ///   - replaces: whether a directory of the same kind, or an empty one, that has the name may be replaced; anything
  ///     else never is.
  ///   - kind: what the directory is to hold.
  /// - Throws: `invalidArgument` where something stands in the way, `io`.
  init(_ path: String, replaces: Bool, kind: Kind = .model) throws {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    part = self.path + AtomicFile.partSuffix
    (self.replaces, self.kind) = (replaces, kind)
    if FileIO.identity(self.path) != nil { try check(self.path) }
    try Self.remove(part)
    try FileIO.makeFolder(part)
  }

  private func check(_ path: String) throws {
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
    guard names.isEmpty || names.contains(kind.rawValue) else {
      throw TesseraError(
        .invalidArgument(
          name: "the directory to replace", expected: kind.words,
          got: "one with \(names.count) other files"),
        path: path)
    }
  }

  /// Gives the directory its name.
  func finish() throws {
    guard FileIO.identity(path) != nil else { return try Self.move(part, path) }
    // What came meanwhile is looked at as what was there before.
    try check(path)
    let old = path + ".tessera-old"
    try Self.remove(old)
    try Self.move(path, old)
    do { try Self.move(part, path) } catch {
      try Self.move(old, path)
      throw error
    }
    try Self.remove(old)
  }

  /// Takes away what was written so far.
  func abandon() throws { try Self.remove(part) }

  private static func move(_ from: String, _ to: String) throws {
    guard rename(from, to) == 0 else {
      let code = errno
      throw TesseraError(
        .io(operation: "rename", code: code, message: String(cString: strerror(code))), path: to)
    }
  }

  private static func remove(_ path: String) throws {
    guard FileIO.identity(path) != nil else { return }
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw TesseraError(.io(operation: "remove", code: EIO, message: "\(error)"), path: path)
    }
  }
}
