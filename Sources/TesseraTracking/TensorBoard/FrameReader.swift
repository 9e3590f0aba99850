private import Foundation
internal import TesseraCore

/// Reads a file from its start to its end, a piece at a time, through a buffer of 64 KiB.
final class FrameReader {
  private let path: String
  private let file: Int32
  /// Bytes that the file had when it was opened.
  let size: Int
  private var buffer = [UInt8](repeating: 0, count: 1 << 16)
  /// What of the buffer is read and not given out yet.
  private var held = 0..<0

  /// - Throws: `io`.
  init(_ path: String) throws {
    self.path = path
    file = AppendFile.uninterrupted { open(path, O_RDONLY | O_CLOEXEC) }
    guard file >= 0 else { throw AppendFile.lastError("open", path) }
    var status = stat()
    guard fstat(file, &status) == 0 else {
      let error = AppendFile.lastError("stat", path)
      close(file)
      throw error
    }
    size = Int(status.st_size)
  }

  deinit { close(file) }

  /// The next bytes. Those behind the end are zero: a file that shrank since its size was looked up gives fewer.
  ///
  /// - Throws: `io`.
  func read(_ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(count)
    while bytes.count < count {
      if held.isEmpty {
        let got = AppendFile.uninterrupted {
          buffer.withUnsafeMutableBytes { Foundation.read(file, $0.baseAddress, $0.count) }
        }
        guard got >= 0 else { throw AppendFile.lastError("read", path) }
        if got == 0 { return bytes + [UInt8](repeating: 0, count: count - bytes.count) }
        held = 0..<got
      }
      let taken = min(held.count, count - bytes.count)
      bytes += buffer[held.lowerBound..<held.lowerBound + taken]
      held = held.lowerBound + taken..<held.upperBound
    }
    return bytes
  }
}
