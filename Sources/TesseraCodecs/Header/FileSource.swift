internal import TesseraCore

#if canImport(Glibc)
  private import Glibc
#elseif canImport(Musl)
  private import Musl
#elseif canImport(Darwin)
  private import Darwin
#endif

/// A regular file, read in parts.
final class FileSource: ByteSource {
  private let descriptor: Int32
  let count: Int

  /// - Throws: `io` of stage `read`.
  init(path: String) throws {
    // Not to wait for a writer where the path is a pipe's.
    descriptor = Self.opened(path)
    guard descriptor >= 0 else { throw Self.failure("open") }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let error = Self.failure("stat")
      close(descriptor)
      throw error
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw TesseraError(.io(operation: "open", code: EINVAL, message: "not a regular file"), stage: .read)
    }
    count = Int(status.st_size)
  }

  deinit { close(descriptor) }

  /// Tried again where a signal cuts it off.
  private static func opened(_ path: String) -> Int32 {
    while true {
      let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
      if file >= 0 || errno != EINTR { return file }
    }
  }

  func read(at offset: Int, length: Int) throws -> [UInt8] {
    guard offset >= 0, offset < count, length > 0 else { return [] }
    let wanted = min(length, count - offset)
    return try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, filled in
      while filled < wanted {
        let n = pread(descriptor, buffer.baseAddress! + filled, wanted - filled, off_t(offset + filled))
        if n < 0 && errno == EINTR { continue }
        guard n >= 0 else { throw Self.failure("read") }
        // The file became shorter since it was opened: what is there is what there is.
        if n == 0 { break }
        filled += n
      }
    }
  }

  /// The whole file.
  ///
  /// - Throws: `limitExceeded` of stage `header` if it has more than `limit` bytes, before any is read.
  func readAll(limit: Int) throws -> [UInt8] {
    guard count <= limit else {
      throw TesseraError(
        .limitExceeded(what: "bytes of the file", limit: limit, found: count), stage: .header)
    }
    return try read(at: 0, length: count)
  }

  private static func failure(_ operation: String) -> TesseraError {
    let code = errno
    return TesseraError(
      .io(operation: operation, code: code, message: String(cString: strerror(code))), stage: .read)
  }
}
