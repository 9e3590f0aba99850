private import Foundation
internal import TesseraCore

/// A file that this process makes and writes; it closes itself when its last owner lets go.
///
/// It is always a new one: what has the name already is removed first, and a link is never followed, so that nothing
/// outside of the folder is written or emptied, whoever else writes to the folder.
package final class NewFile: Sendable {
  /// What errors call it.
  private let name: String
  private let descriptor: Int32
  private let isOpen = Guarded(true)

  /// Makes the file.
  ///
  /// - Parameter name: what errors call it; nil for its path.
  /// - Throws: `io`.
  package init(_ path: String, as name: String? = nil) throws {
    self.name = name ?? path
    descriptor = try FileIO.createFile(path, as: name ?? path)
  }

  deinit { if isOpen.withLock({ $0 }) { Foundation.close(descriptor) } }

  /// Writes all of the bytes at the file's position.
  package func write(_ bytes: UnsafeRawBufferPointer) throws {
    try FileIO.writeAll(descriptor, bytes, path: name)
  }

  /// Writes all of the bytes at an offset, wherever the file's position is.
  func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws {
    try FileIO.writeAll(descriptor, bytes, at: offset, path: name)
  }

  /// Fills the buffer from an offset.
  ///
  /// - Throws: `io`, `truncated`.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws {
    try FileIO.readAll(descriptor, into: buffer, at: offset, path: name)
  }

  /// Shortens the file.
  func cut(to length: Int) throws { try FileIO.cutFile(descriptor, to: length, name) }

  /// Which file it is, whatever has its name by now.
  func identity() throws -> FileIdentity { try FileIO.identity(of: descriptor, name) }

  /// Waits until the bytes are on the disk.
  package func flush() throws { try FileIO.flushFile(descriptor, name) }

  /// Another descriptor of the file, by which its lock lasts beyond `close`; the caller closes it.
  ///
  /// - Throws: `io`.
  func duplicate() throws -> Int32 {
    let other = fcntl(descriptor, F_DUPFD_CLOEXEC, 0)
    guard other >= 0 else { throw FileIO.lastError("hold", name) }
    return other
  }

  /// Closes the file; once is enough.
  ///
  /// - Parameter sync: wait for the disk first.
  /// - Throws: `io`, also for bytes that the system took before and could not write.
  package func close(sync: Bool = false) throws {
    if sync { try flush() }
    let wasOpen = isOpen.withLock { isOpen in
      defer { isOpen = false }
      return isOpen
    }
    if wasOpen { try FileIO.closeFile(descriptor, name) }
  }
}
