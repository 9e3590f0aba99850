private import Foundation
package import TesseraCore

/// A file in the address space: its pages are read when they are touched, and shared with the page cache.
///
/// The pages cannot be written; `MemoryBlock`s over them say so, and values copy before they write.
///
/// A page of a mapping that lies behind the file's end cannot be read: the system ends the process with SIGBUS. So
/// every view is handed out only after a look at the file's size. What remains is a file that another process cuts
/// short while a view of it is in use; files that are replaced by a rename (as Tessera writes its own) never are.
// @unchecked: the mapping is never written, and unmapped when the last holder lets go.
package final class MappedFile: @unchecked Sendable {
  package let path: String
  /// The size when the file was mapped.
  package let byteCount: Int
  private let base: UnsafeMutableRawPointer?
  private let file: Int32

  /// Maps a file, or its first bytes.
  ///
  /// - Parameter byteCount: how much of it; nil means all.
  /// - Throws: `io`; `truncated` if it is shorter.
  package init(_ path: String, byteCount: Int? = nil) throws {
    self.path = path
    let file = try FileIO.openFile(path, O_RDONLY)
    var status = stat()
    guard fstat(file, &status) == 0 else {
      let error = FileIO.lastError("stat", path)
      close(file)
      throw error
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(file)
      throw TesseraError(.io(operation: "map", code: ENODEV, message: "it is no ordinary file"), path: path)
    }
    let size = Int(status.st_size)
    let wanted = byteCount ?? size
    guard wanted <= size else {
      close(file)
      throw TesseraError(
        .truncated(format: "the file", expected: wanted, got: size, unit: "bytes"), path: path)
    }
    // Nothing cannot be mapped.
    var base: UnsafeMutableRawPointer?
    if wanted > 0 {
      base = mmap(nil, wanted, PROT_READ, MAP_SHARED, file, 0)
      guard base != MAP_FAILED else {
        let error = FileIO.lastError("map", path)
        close(file)
        throw error
      }
    }
    self.byteCount = wanted
    self.base = base
    self.file = file
  }

  deinit {
    if let base { munmap(base, byteCount) }
    close(file)
  }

  /// Whether the file still has all bytes that were mapped.
  ///
  /// - Throws: `truncated`.
  package func checkSize() throws {
    var status = stat()
    guard fstat(file, &status) == 0 else { throw FileIO.lastError("stat", path) }
    guard Int(status.st_size) >= byteCount else {
      throw TesseraError(
        .truncated(format: "the file", expected: byteCount, got: Int(status.st_size), unit: "bytes"),
        path: path,
        stage: .read)
    }
  }

  /// Calls `body` with a part of the mapping. The pointer is valid inside `body` only.
  ///
  /// Traps on a part outside of the mapping.
  /// - Throws: `truncated` if the file is shorter now.
  package func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    precondition(range.lowerBound >= 0 && range.upperBound <= byteCount, "\(range) of \(byteCount) bytes")
    try checkSize()
    return try withExtendedLifetime(self) {
      try body(UnsafeRawBufferPointer(start: base.map { $0 + range.lowerBound }, count: range.count))
    }
  }

  /// A part of the mapping as memory, without a copy; the mapping lives as long as the block.
  ///
  /// - Parameter alignment: of the elements. A part that does not lie so is copied.
  /// - Throws: `truncated` if the file is shorter now.
  package func block(_ range: Range<Int>, alignment: Int = 1) throws -> MemoryBlock {
    try withBytes(range) { bytes in
      guard let start = bytes.baseAddress, UInt(bitPattern: start) % UInt(alignment) == 0 else {
        let block = MemoryBlock(byteCount: range.count)
        block.mutableBytes.copyBytes(from: bytes)
        return block
      }
      return MemoryBlock(readOnly: start, byteCount: range.count) { withExtendedLifetime(self) {} }
    }
  }
}
