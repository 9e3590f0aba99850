internal import Foundation
internal import TesseraCore

/// What has a name. Those that throw tell a file that is not there from one that cannot be looked at: where a
/// decision hangs on it (an earlier run's journal, a checkpoint), a disk that fails must not pass for an empty one.
extension FileIO {
  /// What has the name, links followed; nil if nothing has.
  ///
  /// - Throws: `io` where the system cannot tell.
  private static func status(_ path: String) throws -> stat? {
    var status = stat()
    if stat(path, &status) == 0 { return status }
    guard errno == ENOENT || errno == ENOTDIR else { throw lastError("look at", path) }
    return nil
  }

  /// The size of a file in bytes, or nil if there is none.
  ///
  /// - Throws: `io` where the system cannot tell.
  package static func sizeIfThere(_ path: String) throws -> Int? {
    guard let status = try status(path), status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// Whether anything has the name, links followed.
  ///
  /// - Throws: `io` where the system cannot tell.
  package static func exists(_ path: String) throws -> Bool { try status(path) != nil }

  /// Whether a folder, or a link to one, has the name.
  ///
  /// - Throws: `io` where the system cannot tell.
  package static func isFolderThere(_ path: String) throws -> Bool {
    try status(path).map { $0.st_mode & S_IFMT == S_IFDIR } ?? false
  }

  /// Which file a path leads to, links followed; nil if to none.
  ///
  /// - Throws: `io` where the system cannot tell.
  static func identityIfThere(_ path: String) throws -> FileIdentity? {
    try status(path).map { FileIdentity($0) }
  }

  /// Which file has the name itself: a link, not what it leads to; nil if none has.
  ///
  /// - Throws: `io` where the system cannot tell.
  static func ownIdentity(_ path: String) throws -> FileIdentity? {
    var status = stat()
    if lstat(path, &status) == 0 { return FileIdentity(status) }
    guard errno == ENOENT || errno == ENOTDIR else { throw lastError("look at", path) }
    return nil
  }

  /// The error for a file that must be there and is not.
  static func notThere(_ operation: String, _ path: String) -> TesseraError {
    TesseraError(
      .io(operation: operation, code: ENOENT, message: String(cString: strerror(ENOENT))), path: path)
  }

  // MARK: where nothing hangs on it

  /// Whether `path` is a folder, or a link to one. Leaves `errno` as it is.
  package static func isFolder(_ path: String) -> Bool {
    let saved = errno
    defer { errno = saved }
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The size of a file in bytes, or nil if there is none or it cannot be looked at.
  package static func size(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    return Int(status.st_size)
  }

  /// When a file was last changed, in nanoseconds of the system's clock; nil if there is none.
  package static func changed(_ path: String) -> Int? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Int(status.st_mtim.tv_sec) * 1_000_000_000 + Int(status.st_mtim.tv_nsec)
  }

  /// Which file a path leads to, links followed; nil if to none.
  package static func identity(_ path: String) -> FileIdentity? {
    var status = stat()
    return stat(path, &status) == 0 ? FileIdentity(status) : nil
  }

  /// The number that tells this process from others on its machine.
  static var processIdentifier: Int32 { getpid() }
}
