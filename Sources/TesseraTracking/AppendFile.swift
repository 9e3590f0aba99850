private import Foundation
internal import TesseraCore

/// A file that only grows: each append is in it as a whole or not at all, and at once.
final class AppendFile: Sendable {
  let path: String
  private let state: Guarded<State>

  private struct State {
    /// −1 once closed.
    var file: Int32
    /// Bytes of whole appends.
    var length: Int
    /// Why nothing more can be appended: a torn end that could not be taken back.
    var fault: TesseraError?
  }

  /// Opens a file to append to, kept from other writers by a lock until `close`.
  ///
  /// - Parameter isNew: whether there must be no such file yet.
  /// - Throws: `io`; with `EEXIST` where a new file is wanted and there is one.
  init(_ path: String, isNew: Bool = false) throws {
    self.path = path
    // A link by the name, as somebody else may put there, would have another file grow.
    let flags = O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_CLOEXEC | (isNew ? O_EXCL : 0)
    let file = Self.uninterrupted { open(path, flags, 0o666) }
    guard file >= 0 else { throw Self.lastError("open", path) }
    // File systems without locks are worked on as if alone.
    if flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK {
      Foundation.close(file)
      throw TesseraError(
        .io(
          operation: "lock", code: EWOULDBLOCK, message: "another process is writing this file; end it first"),
        path: path)
    }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      let error = Self.lastError("stat", path)
      Foundation.close(file)
      throw error
    }
    state = Guarded(State(file: file, length: Int(status.st_size)))
  }

  deinit { state.withLock { if $0.file >= 0 { _ = Self.release($0.file) } } }

  /// Gives the lock up and closes. A process that was just forked off holds the file too until it runs its own program,
  /// and closing alone would leave the lock with it for that long.
  private static func release(_ file: Int32) -> Int32 {
    flock(file, LOCK_UN)
    return Foundation.close(file)
  }

  /// Bytes of the file.
  var length: Int { state.withLock { $0.length } }

  /// Adds bytes; where the disk is full, none of them.
  ///
  /// - Throws: `io` with the path. The file is then as before, and a later append may succeed.
  func append(_ bytes: [UInt8]) throws {
    try state.withLock { state in
      guard state.file >= 0 else { throw closed }
      if let fault = state.fault { throw fault }
      var done = 0
      while done < bytes.count {
        let count = Self.uninterrupted {
          bytes.withUnsafeBytes { Foundation.write(state.file, $0.baseAddress! + done, $0.count - done) }
        }
        guard count > 0 else {
          let error =
            count < 0
            ? Self.lastError("write", path)
            : TesseraError(
              .io(operation: "write", code: EIO, message: "the system wrote nothing, and gave no reason"),
              path: path)
          // Where even this fails, nothing may follow the torn end: whoever opens the file next drops it.
          if Self.uninterrupted({ ftruncate(state.file, off_t(state.length)) }) != 0 { state.fault = error }
          throw error
        }
        done += count
      }
      state.length += bytes.count
    }
  }

  /// Shortens the file: it has its old length or the new one whenever a crash comes, and a full disk has room for it.
  func cut(to length: Int) throws {
    try state.withLock { state in
      guard state.file >= 0 else { throw closed }
      guard Self.uninterrupted({ ftruncate(state.file, off_t(length)) }) == 0,
        Self.uninterrupted({ fsync(state.file) }) == 0
      else {
        throw Self.lastError("shorten", path)
      }
      state.length = length
    }
  }

  /// Waits until the disk has everything.
  func sync() throws {
    try state.withLock { state in
      guard state.file >= 0 else { throw closed }
      guard Self.uninterrupted({ fsync(state.file) }) == 0 else { throw Self.lastError("flush", path) }
    }
  }

  /// Closes the file; once is enough.
  ///
  /// - Throws: `io` if the system had not written everything.
  func close() throws {
    try state.withLock { state in
      guard state.file >= 0 else { return }
      defer { state.file = -1 }
      // Linux has closed by the time that a signal cuts this off.
      guard Self.release(state.file) == 0 || errno == EINTR else { throw Self.lastError("close", path) }
    }
  }

  private var closed: TesseraError {
    TesseraError(.io(operation: "write", code: EBADF, message: "the file was closed before"), path: path)
  }

  /// The result of a call that a signal may cut off: made again until none does. `errno` tells of a negative one.
  static func uninterrupted<Result: SignedInteger>(_ call: () -> Result) -> Result {
    while true {
      let result = call()
      if result >= 0 || errno != EINTR { return result }
    }
  }

  /// The error of the last failed call.
  static func lastError(_ operation: String, _ path: String) -> TesseraError {
    let code = errno
    return TesseraError(
      .io(operation: operation, code: code, message: String(cString: strerror(code))), path: path)
  }

  /// All bytes of a file.
  ///
  /// - Throws: `io`.
  static func read(_ path: String) throws -> [UInt8] {
    let file = uninterrupted { open(path, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { throw lastError("open", path) }
    defer { Foundation.close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw lastError("stat", path) }
    let size = Int(status.st_size)
    return try [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let got = uninterrupted { Foundation.read(file, buffer.baseAddress! + count, size - count) }
        if got < 0 { throw lastError("read", path) }
        // A file that shrank meanwhile ends where it ends.
        if got == 0 { return }
        count += got
      }
    }
  }
}
