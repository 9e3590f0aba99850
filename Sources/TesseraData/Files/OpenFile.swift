private import Foundation
internal import TesseraCore

/// A file open for reading that closes itself when its last owner lets go.
package final class OpenFile: ByteSource {
  /// What errors call it.
  let path: String
  private let descriptor: Int32
  private let closes: Bool

  /// Size and time of change: what tells a file from itself after an edit.
  struct Stamp: Equatable, Sendable {
    var size: Int
    /// Nanoseconds since 1970.
    var modified: Int
  }

  /// Opens a file for reading.
  ///
  /// - Throws: `io`, also for a folder.
  init(reading path: String) throws {
    self.path = path
    closes = true
    descriptor = try FileIO.openFile(path, O_RDONLY)
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileIO.lastError("stat", path) }
    guard status.st_mode & S_IFMT != S_IFDIR else {
      throw TesseraError(.io(operation: "read", code: EISDIR, message: "it is a folder"), path: path)
    }
  }

  /// Takes a descriptor that is open already.
  ///
  /// - Parameter closes: whether the descriptor is this object's to close.
  init(descriptor: Int32, name: String, closes: Bool) {
    self.path = name
    self.descriptor = descriptor
    self.closes = closes
  }

  deinit { if closes { close(descriptor) } }

  /// Size and time of change.
  func stamp() throws -> Stamp {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileIO.lastError("stat", path) }
    #if canImport(Darwin)
      let time = status.st_mtimespec
    #else
      let time = status.st_mtim
    #endif
    return Stamp(
      size: Int(status.st_size), modified: Int(time.tv_sec) &* 1_000_000_000 &+ Int(time.tv_nsec))
  }

  /// Sets the file's time of change to now, as far as the system lets us: a cache tells by it what was used last.
  func touch() {
    _ = futimens(descriptor, nil)
  }

  /// Fills the buffer from the file's position; less only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    try fill(buffer) { Foundation.read(descriptor, $0.baseAddress, $0.count) }
  }

  /// Fills the buffer from an offset; less only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
    var offset = offset
    return try fill(buffer) {
      let got = pread(descriptor, $0.baseAddress, $0.count, off_t(offset))
      if got > 0 { offset += got }
      return got
    }
  }

  private func fill(
    _ buffer: UnsafeMutableRawBufferPointer, _ read: (UnsafeMutableRawBufferPointer) -> Int
  ) throws -> Int {
    var filled = 0
    while filled < buffer.count {
      let got = FileIO.uninterrupted { read(UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])) }
      guard got >= 0 else { throw FileIO.lastError("read", path) }
      if got == 0 { break }
      filled += got
    }
    return filled
  }
}
