internal import TesseraCore

/// A directory that is filled aside and gets its name when it is whole.
///
/// A crash leaves at most a directory whose name ends in `.tessera-part`, or, in the moment of the exchange, the old
/// one under a name that ends in `.tessera-old`; a torn one never has the name.
package struct NewDirectory {
  package let path: String
  /// Where its files are written.
  package let part: String
  private let replaces: Bool
  private let kind: Kind

  /// What may be replaced.
  package struct Kind: Sendable {
    /// The file that every directory of the kind has.
    var mark: String
    /// `a model's`: whose directories they are.
    var owner: String

    package init(_ owner: String, mark: String) {
      self.owner = owner
      self.mark = mark
    }
  }

  /// Makes the directory aside.
  ///
  /// - Parameter replaces: whether a directory of the kind, or an empty one, that has the name may be replaced;
  ///   anything else never is.
  /// - Throws: `invalidArgument` where something stands in the way, `io`.
  package init(_ path: String, replaces: Bool, kind: Kind) throws {
    self.path = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    part = self.path + AtomicFile.partSuffix
    self.replaces = replaces
    self.kind = kind
    if try FileIO.exists(self.path) { try check() }
    try FileIO.removeAll(part)
    // A link that has come by the name since would lead out of the folder.
    try FileIO.makeNewFolder(part)
  }

  private func check() throws {
    guard try FileIO.isFolderThere(path) else {
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
    let names = try FileIO.names(in: path)
    guard names.isEmpty || names.contains(kind.mark) else {
      throw TesseraError(
        .invalidArgument(
          name: "the directory to replace", expected: "\(kind.owner), which has \(kind.mark)",
          got: "one with \(names.count) other files"),
        path: path)
    }
  }

  /// Gives the directory its name.
  ///
  /// - Throws: `io`. Either the new directory or the one before has the name then, whole.
  package func finish() throws {
    // What came meanwhile is looked at as what was there before.
    if try FileIO.exists(path) { try check() }
    try FileIO.exchange(part, for: path)
  }

  /// Takes away what was written so far. That it cannot be changes nothing about the error that led here: what remains
  /// has no final name, and the next directory by this name removes it.
  package func abandon() {
    do { try FileIO.removeAll(part) } catch {}
  }
}
