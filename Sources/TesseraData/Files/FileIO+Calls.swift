// Internal: `stat` stands in what other files use.
internal import Foundation
internal import TesseraCore

/// The system's calls on open files, with what each may answer besides success and failure.
extension FileIO {
  /// The result of a call that a signal may cut off: made again until none does. `errno` tells of a negative one.
  static func uninterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  /// Opens a file that is there.
  ///
  /// - Throws: `io`.
  static func openFile(_ path: String, _ flags: Int32) throws -> Int32 {
    // `withCString`: a string that is handed over as it is would be copied.
    let file = uninterrupted { path.withCString { open($0, flags | O_CLOEXEC) } }
    guard file >= 0 else { throw lastError("open", path) }
    return file
  }

  /// Makes a file, and never opens one: a link, or a file of that name that nobody writes any more, is removed, whatever a
  /// link leads to.
  ///
  /// Who writes a file holds a lock on it (`flock`, which ends with the process), so that a file that is being written
  /// is told from one that was left behind. A file system without locks has none of them held.
  ///
  /// - Parameter name: what errors call it.
  /// - Throws: `io`, with EBUSY where another writes a file of that name just now.
  static func createFile(_ path: String, as name: String) throws -> Int32 {
    // A name that is taken again each time is no accident.
    for _ in 0..<16 {
      let file = uninterrupted { open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
      if file >= 0 {
        // Whoever found the name before the lock was there may have it removed.
        do { if try holds(file, path, waits: true) { return file } } catch {
          // Empty, and this call's own.
          unlink(path)
          close(file)
          throw error
        }
        close(file)
        continue
      }
      guard errno == EEXIST else { throw lastError("create", name) }
      guard try removeLeft(path) else {
        throw TesseraError(
          .io(operation: "create", code: EBUSY, message: "another process is writing it"), path: name)
      }
    }
    throw TesseraError(
      .io(
        operation: "create", code: EEXIST,
        message: "another process makes a file by the name of the unfinished one again and again"), path: name
    )
  }

  /// Takes the lock of a file, and looks whether the file still has its name.
  ///
  /// - Parameter waits: whether to wait for who has the lock.
  private static func holds(_ file: Int32, _ path: String, waits: Bool) throws -> Bool {
    if uninterrupted({ flock(file, waits ? LOCK_EX : LOCK_EX | LOCK_NB) }) != 0, errno == EWOULDBLOCK {
      return false
    }
    return try ownIdentity(path) == identity(of: file, path)
  }

  /// Removes what has a name; not a file that somebody writes.
  ///
  /// - Returns: false for such a file.
  static func removeLeft(_ path: String) throws -> Bool {
    let file = uninterrupted { open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) }
    // A link, or what may not be read: nobody's work.
    guard file >= 0 else {
      try remove(path)
      return true
    }
    defer { close(file) }
    if try holds(file, path, waits: false) {
      try remove(path)
      return true
    }
    // By another's hand the name has come to another file: the caller looks again.
    return try ownIdentity(path) != identity(of: file, path)
  }

  /// Closes a file that was written. What the system could not write until now may be told here.
  ///
  /// - Throws: `io`; the descriptor is closed all the same.
  static func closeFile(_ file: Int32, _ path: String) throws {
    // Linux has closed by the time that a signal cuts this off; by a second try the number may be another file's.
    if close(file) != 0 && errno != EINTR { throw lastError("close", path) }
  }

  /// Waits until a file's bytes are on the disk.
  static func flushFile(_ file: Int32, _ path: String) throws {
    guard uninterrupted({ fsync(file) }) == 0 else { throw lastError("flush", path) }
  }

  /// Shortens a file.
  static func cutFile(_ file: Int32, to length: Int, _ path: String) throws {
    guard uninterrupted({ ftruncate(file, off_t(length)) }) == 0 else { throw lastError("cut", path) }
  }

  /// The size of an open file.
  static func size(of file: Int32, _ path: String) throws -> Int {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw lastError("stat", path) }
    return Int(status.st_size)
  }

  /// Which file a descriptor is of.
  static func identity(of file: Int32, _ path: String) throws -> FileIdentity {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw lastError("stat", path) }
    return FileIdentity(status)
  }
}

extension FileIdentity {
  init(_ status: stat) {
    self.init(device: UInt64(bitPattern: Int64(status.st_dev)), inode: UInt64(status.st_ino))
  }
}
