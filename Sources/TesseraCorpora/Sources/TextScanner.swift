private import Foundation
internal import TesseraCore
internal import TesseraData

/// Finds the documents of a file of text: its lines or its paragraphs.
struct TextScanner {
  /// Of so many documents one has its line kept: to find another's, the text between is read as well.
  static let blockSize = 32

  private(set) var spans: SpanTable
  /// The line (from 1) on which every 32nd document starts.
  private(set) var lines: [Int] = []

  /// - Throws: `io`.
  init(_ path: String, _ split: TextSplit) throws {
    let file = try MappedFile(path)
    spans = SpanTable(size: file.byteCount)
    try file.withBytes(0..<file.byteCount) { scan($0, joins: split == .paragraphs) }
  }

  /// Whether bytes begin with a byte order mark.
  static func hasMark(_ bytes: some Collection<UInt8>) -> Bool { bytes.starts(with: [0xEF, 0xBB, 0xBF]) }

  private mutating func scan(_ bytes: UnsafeRawBufferPointer, joins: Bool) {
    var start = Self.hasMark(bytes) ? 3 : 0
    var line = 1
    var paragraph: (range: Range<Int>, line: Int)?
    while start < bytes.count {
      let end = Self.lineEnd(bytes, from: start)
      // The return of "\r\n" is no part of a line.
      let textEnd = end > start && bytes[end - 1] == UInt8(ascii: "\r") ? end - 1 : end
      if bytes[start..<textEnd].allSatisfy(Self.isBlank) {
        if let done = paragraph { add(done.range, line: done.line) }
        paragraph = nil
      } else if !joins {
        add(start..<textEnd, line: line)
      } else {
        let first = paragraph ?? (start..<textEnd, line)
        paragraph = (first.range.lowerBound..<textEnd, first.line)
      }
      start = end + 1
      line += 1
    }
    if let done = paragraph { add(done.range, line: done.line) }
  }

  private static func lineEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
    guard let base = bytes.baseAddress,
      let found = memchr(base + start, Int32(UInt8(ascii: "\n")), bytes.count - start)
    else { return bytes.count }
    return UnsafeRawPointer(found) - base
  }

  private static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

  private mutating func add(_ range: Range<Int>, line: Int) {
    if spans.count % Self.blockSize == 0 { lines.append(line) }
    spans.append(range)
  }
}
