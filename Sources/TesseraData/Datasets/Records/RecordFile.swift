private import Foundation
internal import TesseraCore

/// The bytes of a list, read a part at a time: a file that stays open, or memory.
///
/// An open file goes on giving the old bytes when another is renamed over it. One that is written in place is
/// noticed by its size and time, and reading it is an error from then on.
package final class RecordFile: Sendable {
  /// What errors call the list.
  package let path: String
  package let size: Int
  private let storage: Storage

  private enum Storage: Sendable {
    case memory([UInt8])
    case file(Int32, changed: Timestamp)
  }

  private struct Timestamp: Equatable, Sendable {
    var seconds: Int
    var nanoseconds: Int
  }

  /// Opens a file; one without a size (a pipe) is read whole.
  ///
  /// - Throws: `io`, `corrupt` for an empty file: a list that was never written.
  package init(_ path: String) throws {
    self.path = path
    let file = try FileIO.openFile(path, O_RDONLY)
    var status = stat()
    let found = fstat(file, &status)
    if found == 0 && status.st_mode & S_IFMT == S_IFREG {
      size = Int(status.st_size)
      storage = .file(file, changed: Self.time(status))
    } else {
      // A pipe gives its bytes once, so it is read while it is still open.
      defer { close(file) }
      let bytes = try FileIO.read(found == 0 && status.st_mode & S_IFMT == S_IFIFO ? "/dev/fd/\(file)" : path)
      size = bytes.count
      storage = .memory(bytes)
    }
    // From here on `deinit` closes the file.
    guard size > 0 else {
      throw TesseraError(.corrupt(format: "the list", detail: "the file is empty"), path: path)
    }
  }

  /// A list that is in memory already.
  package init(bytes: [UInt8], name: String) throws {
    path = name
    size = bytes.count
    storage = .memory(bytes)
    guard size > 0 else {
      throw TesseraError(.corrupt(format: "the list", detail: "it is empty"), path: path)
    }
  }

  deinit {
    if case .file(let file, _) = storage { close(file) }
  }

  private static func time(_ status: stat) -> Timestamp {
    Timestamp(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }

  /// The bytes of a part.
  ///
  /// - Throws: `io`, `truncated`; `corrupt` if the file was written to since it was opened.
  func read(_ range: Range<Int>) throws -> [UInt8] {
    switch storage {
    case .memory(let bytes): return Array(bytes[range])
    case .file(let file, let changed):
      let bytes = try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
        try FileIO.readAll(
          file, into: UnsafeMutableRawBufferPointer(buffer), at: range.lowerBound, path: path)
        count = range.count
      }
      var status = stat()
      guard fstat(file, &status) == 0 else { throw FileIO.lastError("stat", path) }
      guard Int(status.st_size) == size, Self.time(status) == changed else {
        throw TesseraError(
          .corrupt(format: "the list", detail: "the file was changed after it was listed"), path: path,
          stage: .list)
      }
      return bytes
    }
  }

  /// Calls `body` with all bytes from an offset on, in chunks, until it returns false.
  func forEachChunk(
    from start: Int = 0, _ body: (_ chunk: UnsafeRawBufferPointer, _ offset: Int) throws -> Bool
  ) throws {
    var offset = start
    while offset < size {
      let chunk = try read(offset..<min(offset + 1 << 20, size))
      guard try chunk.withUnsafeBytes({ try body($0, offset) }) else { return }
      offset += chunk.count
    }
  }

  /// Calls `body` with the bytes of records one after another; they are read about a megabyte at a time.
  ///
  /// - Parameters:
  ///   - first: the record to start with.
  ///   - body: gets a record's number, its bytes, and where they lie in the file.
  func forEachSpan(
    _ spans: SpanTable, from first: Int = 0,
    _ body: (_ number: Int, _ bytes: UnsafeRawBufferPointer, _ base: Int) throws -> Void
  ) throws {
    var next = first
    while next < spans.count {
      let start = spans[next].lowerBound
      var last = next
      while last + 1 < spans.count && spans[last + 1].upperBound - start < 1 << 20 { last += 1 }
      let block = try read(start..<spans[last].upperBound)
      try block.withUnsafeBytes { block in
        for number in next...last {
          let span = spans[number]
          let bytes = UnsafeRawBufferPointer(
            rebasing: block[span.lowerBound - start..<span.upperBound - start])
          try body(number, bytes, span.lowerBound)
        }
      }
      next = last + 1
    }
  }

  /// Adds all bytes to a digest.
  package func update(_ digest: inout Digest) throws {
    digest.update(size)
    try forEachChunk { chunk, _ in
      digest.update(chunk)
      return true
    }
  }
}
