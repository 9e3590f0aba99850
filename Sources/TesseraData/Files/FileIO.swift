private import Foundation
internal import TesseraCore

/// Reading and writing whole files through POSIX: the one place where `errno` becomes a `TesseraError`.
package enum FileIO {
  /// The error of the last failed call.
  static func lastError(_ operation: String, _ path: String) -> TesseraError {
    let code = errno
    return TesseraError(
      .io(operation: operation, code: code, message: String(cString: strerror(code))), path: path)
  }

  /// All bytes of a file.
  ///
  /// - Parameters:
  ///   - limit: files over so many bytes are refused before anything is allocated.
  ///   - isRegular: whether pipes and devices are refused too: opening a pipe that nobody writes to never ends.
  /// - Throws: `io` if the file cannot be read, `limitExceeded`.
  package static func read(_ path: String, limit: Int = .max, isRegular: Bool = false) throws -> [UInt8] {
    let (file, size) = try openWhole(path, limit: limit, isRegular: isRegular)
    defer { close(file) }
    return try readAll(file, expected: size, limit: limit, path: path)
  }

  /// Calls `body` with all bytes of a file, in memory that the thread uses again; they are gone when it returns.
  ///
  /// - Throws: as `read(_:limit:isRegular:)`; what `body` throws.
  package static func withBytes<R>(
    of path: String, limit: Int = .max, isRegular: Bool = false,
    _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    let (file, size) = try openWhole(path, limit: limit, isRegular: isRegular)
    defer { close(file) }
    // A byte more, to see the end. What grows meanwhile, or tells no size, becomes an array that can grow too.
    return try Scratch.withBytes(size + 1) { buffer in
      var filled = 0
      while filled < buffer.count {
        let got = try readSome(
          file, into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]), path: path)
        if got == 0 { return try body(UnsafeRawBufferPointer(rebasing: buffer[..<filled])) }
        filled += got
      }
      let all = try readAll(file, expected: size, limit: limit, after: Array(buffer), path: path)
      return try all.withUnsafeBytes(body)
    }
  }

  /// Opens a file to read all of it: the descriptor, and the bytes that it says it has.
  private static func openWhole(
    _ path: String, limit: Int, isRegular: Bool
  ) throws -> (file: Int32, size: Int) {
    // `withCString`: a string that is handed over as it is would be copied.
    let file = path.withCString { open($0, O_RDONLY | O_CLOEXEC | (isRegular ? O_NONBLOCK : 0)) }
    guard file >= 0 else { throw lastError("open", path) }
    do {
      return (file, try wholeSize(file, limit: limit, isRegular: isRegular, path: path))
    } catch {
      close(file)
      throw error
    }
  }

  private static func wholeSize(_ file: Int32, limit: Int, isRegular: Bool, path: String) throws -> Int {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw lastError("stat", path) }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw TesseraError(.io(operation: "read", code: EISDIR, message: "it is a folder"), path: path)
    }
    guard !isRegular || status.st_mode & S_IFMT == S_IFREG else {
      throw TesseraError(.io(operation: "read", code: EINVAL, message: "it is no regular file"), path: path)
    }
    let size = Int(status.st_size)
    guard size <= limit else {
      throw TesseraError(.limitExceeded(what: "bytes of the file", limit: limit, found: size), path: path)
    }
    return size
  }

  /// The bytes of a part of a file.
  ///
  /// - Throws: `io`, `truncated` if the file ends before the part does.
  package static func read(_ path: String, range: Range<Int>) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      try read(path, from: range.lowerBound, into: UnsafeMutableRawBufferPointer(buffer))
      count = range.count
    }
  }

  /// Calls `body` with the bytes of a part of a file, in memory that the thread uses again.
  ///
  /// - Throws: as `read(_:range:)`; what `body` throws.
  package static func withBytes<R>(
    of path: String, range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    try Scratch.withBytes(range.count) { buffer in
      try read(path, from: range.lowerBound, into: buffer)
      return try body(UnsafeRawBufferPointer(buffer))
    }
  }

  private static func read(
    _ path: String, from offset: Int, into buffer: UnsafeMutableRawBufferPointer
  ) throws {
    let file = path.withCString { open($0, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { throw lastError("open", path) }
    defer { close(file) }
    try readAll(file, into: buffer, at: offset, path: path)
  }

  /// Reads to the end: a pipe has no size, and a file may grow or shrink while it is read.
  private static func readAll(
    _ file: Int32, expected: Int, limit: Int, after first: [UInt8] = [], path: String
  ) throws -> [UInt8] {
    var bytes = first
    while true {
      guard bytes.count <= limit else {
        throw TesseraError(
          .limitExceeded(what: "bytes of the file", limit: limit, found: bytes.count), path: path)
      }
      let room = bytes.isEmpty ? expected + 1 : max(expected + 1 - bytes.count, 1 << 16)
      let start = bytes.count
      let more = try [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
        count = try readSome(file, into: UnsafeMutableRawBufferPointer(buffer), path: path)
      }
      if more.isEmpty { return bytes }
      if start == 0 { bytes = more } else { bytes += more }
    }
  }

  private static func readSome(
    _ file: Int32, into buffer: UnsafeMutableRawBufferPointer, path: String
  ) throws -> Int {
    while true {
      let got = Foundation.read(file, buffer.baseAddress, buffer.count)
      if got >= 0 { return got }
      if errno != EINTR { throw lastError("read", path) }
    }
  }

  /// Writes all of `bytes` at the file's position.
  static func writeAll(_ file: Int32, _ bytes: UnsafeRawBufferPointer, path: String) throws {
    var rest = bytes
    while !rest.isEmpty {
      let done = Foundation.write(file, rest.baseAddress, rest.count)
      if done < 0 {
        if errno == EINTR { continue }
        throw lastError("write", path)
      }
      rest = UnsafeRawBufferPointer(rebasing: rest[done...])
    }
  }

  /// Writes all of `bytes` at an offset, wherever the file's position is.
  static func writeAll(
    _ file: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int, path: String
  ) throws {
    var rest = bytes
    var offset = offset
    while !rest.isEmpty {
      let done = pwrite(file, rest.baseAddress, rest.count, off_t(offset))
      if done < 0 {
        if errno == EINTR { continue }
        throw lastError("write", path)
      }
      offset += done
      rest = UnsafeRawBufferPointer(rebasing: rest[done...])
    }
  }

  /// Fills `buffer` from an offset.
  static func readAll(
    _ file: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int, path: String
  ) throws {
    var filled = 0
    while filled < buffer.count {
      let got = pread(file, buffer.baseAddress! + filled, buffer.count - filled, off_t(offset + filled))
      if got < 0 {
        if errno == EINTR { continue }
        throw lastError("read", path)
      }
      guard got > 0 else {
        throw TesseraError(
          .truncated(format: "the file", expected: buffer.count, got: filled, unit: "bytes"), path: path)
      }
      filled += got
    }
  }

  /// Makes a folder and those above it; one that exists is fine.
  package static func makeFolder(_ path: String) throws {
    if path.isEmpty || mkdir(path, 0o777) == 0 || isFolder(path) { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw lastError("make the folder", path)
    }
    try makeFolder(String(path[..<slash]))
    guard mkdir(path, 0o777) == 0 || isFolder(path) else { throw lastError("make the folder", path) }
  }

  /// Whether `path` is a folder, or a link to one. Leaves `errno` as it is.
  package static func isFolder(_ path: String) -> Bool {
    let saved = errno
    defer { errno = saved }
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// The size of a file in bytes, or nil if there is none.
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

  /// What changes when a file is written, replaced or touched, links followed; nil if there is none.
  package static func stamp(_ path: String) -> FileStamp? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return FileStamp(
      size: Int(status.st_size),
      numbers: [
        Int(status.st_size), Int(bitPattern: UInt(status.st_dev)), Int(bitPattern: UInt(status.st_ino)),
        Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec), Int(status.st_ctim.tv_sec),
        Int(status.st_ctim.tv_nsec),
      ])
  }

  /// Which file a path leads to, links followed; nil if to none.
  package static func identity(_ path: String) -> FileIdentity? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return FileIdentity(device: UInt64(bitPattern: Int64(status.st_dev)), inode: UInt64(status.st_ino))
  }

  /// The number that tells this process from others on its machine.
  static var processIdentifier: Int32 { getpid() }

  /// Removes a file; one that is not there is fine.
  package static func remove(_ path: String) throws {
    if unlink(path) != 0 && errno != ENOENT { throw lastError("remove", path) }
  }

  /// Removes a file or a folder with all that is in it; what is not there is no error.
  package static func removeAll(_ path: String) throws {
    guard identity(path) != nil else { return }
    do { try FileManager.default.removeItem(atPath: path) } catch {
      throw TesseraError(.io(operation: "remove", code: EIO, message: "\(error)"), path: path)
    }
  }

  /// Gives a file or folder another name, and waits until the disk knows it.
  package static func move(_ from: String, to path: String) throws {
    guard rename(from, path) == 0 else { throw lastError("rename", path) }
    let parent = open((path as NSString).deletingLastPathComponent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard parent >= 0 else { return }
    defer { close(parent) }
    // Some file systems cannot flush a folder: the name stands all the same.
    fsync(parent)
  }
}

/// What tells one file or folder from all others on a machine.
package struct FileIdentity: Hashable, Sendable {
  var device: UInt64
  var inode: UInt64
}

/// What the file system says of a file's state.
package struct FileStamp: Sendable {
  package var size: Int
  /// Its size, device and inode, and when its contents and its entry last changed.
  package var numbers: [Int]
}
