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
    let file = try openFile(path, O_RDONLY | (isRegular ? O_NONBLOCK : 0))
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
    let file = try openFile(path, O_RDONLY)
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
    let got = uninterrupted { Foundation.read(file, buffer.baseAddress, buffer.count) }
    guard got >= 0 else { throw lastError("read", path) }
    return got
  }

  /// Writes all of `bytes` at the file's position.
  static func writeAll(_ file: Int32, _ bytes: UnsafeRawBufferPointer, path: String) throws {
    try writeAll(bytes, path: path) { rest, _ in Foundation.write(file, rest.baseAddress, rest.count) }
  }

  /// Writes all of `bytes` at an offset, wherever the file's position is.
  static func writeAll(
    _ file: Int32, _ bytes: UnsafeRawBufferPointer, at offset: Int, path: String
  ) throws {
    try writeAll(bytes, path: path) { rest, done in
      pwrite(file, rest.baseAddress, rest.count, off_t(offset + done))
    }
  }

  /// Calls `write` with what is left, and how much is not, until all is written.
  private static func writeAll(
    _ bytes: UnsafeRawBufferPointer, path: String,
    _ write: (_ rest: UnsafeRawBufferPointer, _ done: Int) -> Int
  ) throws {
    var done = 0
    while done < bytes.count {
      let count = uninterrupted { write(UnsafeRawBufferPointer(rebasing: bytes[done...]), done) }
      guard count >= 0 else { throw lastError("write", path) }
      // Asked again for ever, it may go on writing nothing for ever.
      guard count > 0 else {
        throw TesseraError(
          .io(operation: "write", code: EIO, message: "the system wrote nothing, and gave no reason"),
          path: path)
      }
      done += count
    }
  }

  /// Fills `buffer` from an offset.
  static func readAll(
    _ file: Int32, into buffer: UnsafeMutableRawBufferPointer, at offset: Int, path: String
  ) throws {
    var filled = 0
    while filled < buffer.count {
      let got = uninterrupted {
        pread(file, buffer.baseAddress! + filled, buffer.count - filled, off_t(offset + filled))
      }
      guard got >= 0 else { throw lastError("read", path) }
      guard got > 0 else {
        throw TesseraError(
          .truncated(format: "the file", expected: buffer.count, got: filled, unit: "bytes"), path: path)
      }
      filled += got
    }
  }
}
