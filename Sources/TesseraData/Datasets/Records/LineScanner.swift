private import Foundation

/// Finds the records of a list that has one a line, or (CSV) one over several lines where a field in quotes holds
/// line ends. Empty lines are none.
///
/// A quote that is never closed would take the lines that follow into its record. Where text stands behind the quote
/// that closes it on another line, or the file ends before one closes it, the first line is taken by itself. So one
/// bad line costs one record, unless what follows happens to close its quote as a field's end would.
struct LineScanner {
  private(set) var spans: SpanTable
  /// The line (from 1) on which every 1024th record starts.
  private(set) var lines: [Int] = []

  static let blockSize = 1024

  /// What separates fields; nil for lines without fields.
  private let delimiter: UInt8?
  private var state = State.fieldStart
  private var start = 0
  private var line = 1
  private var startLine = 1
  private var isLineBound = false
  private var isThisLineBound = false
  private var wasReturn = false

  private enum State {
    case fieldStart, plain, quoted, afterQuote
  }

  /// Scans a whole file.
  ///
  /// - Throws: `io`.
  init(_ file: RecordFile, delimiter: UInt8?) throws {
    self.delimiter = delimiter
    spans = SpanTable(size: file.size)
    start = try Self.markLength(file)
    try scan(file)
    // The file ends inside of quotes. Each time around reads the rest again, so they are counted.
    var turns = 0
    while state == .quoted && !isLineBound {
      turns += 1
      isLineBound = turns > 16
      (line, state, isThisLineBound) = (startLine, .fieldStart, true)
      try scan(file)
    }
    endRecord(at: file.size)
  }

  private mutating func scan(_ file: RecordFile) throws {
    var isDone = false
    while !isDone {
      isDone = true
      try file.forEachChunk(from: start) { chunk, offset in
        if delimiter == nil { scanLines(chunk, at: offset) } else { isDone = scanFields(chunk, at: offset) }
        return isDone
      }
    }
  }

  /// The length of a byte order mark at the start of a file.
  private static func markLength(_ file: RecordFile) throws -> Int {
    try file.read(0..<min(3, file.size)) == [0xEF, 0xBB, 0xBF] ? 3 : 0
  }

  private mutating func scanLines(_ chunk: UnsafeRawBufferPointer, at offset: Int) {
    var index = 0
    while index < chunk.count {
      guard let found = memchr(chunk.baseAddress! + index, Int32(UInt8(ascii: "\n")), chunk.count - index)
      else {
        wasReturn = chunk[chunk.count - 1] == UInt8(ascii: "\r")
        return
      }
      let end = UnsafeRawPointer(found) - chunk.baseAddress!
      if end > index { wasReturn = chunk[end - 1] == UInt8(ascii: "\r") }
      endLine(at: offset + end)
      index = end + 1
    }
  }

  /// - Returns: false if the scan must go back to `start`, which lies in an earlier chunk.
  private mutating func scanFields(_ chunk: UnsafeRawBufferPointer, at offset: Int) -> Bool {
    var index = 0
    while index < chunk.count {
      let byte = chunk[index]
      index += 1
      if byte == UInt8(ascii: "\n") {
        if state != .quoted || isLineBound || isThisLineBound {
          endLine(at: offset + index - 1)
        } else {
          line += 1
        }
        continue
      }
      switch state {
      case .fieldStart where byte == UInt8(ascii: "\""): state = .quoted
      case .fieldStart, .plain: state = byte == delimiter ? .fieldStart : .plain
      case .quoted: if byte == UInt8(ascii: "\"") { state = .afterQuote }
      case .afterQuote where byte == UInt8(ascii: "\""): state = .quoted
      case .afterQuote where byte == delimiter: state = .fieldStart
      case .afterQuote:
        state = .plain
        if line > startLine && byte != UInt8(ascii: "\r") {
          // Text behind a closing quote on another line: the first quote was never meant to reach so far.
          (line, state, isThisLineBound) = (startLine, .fieldStart, true)
          if start < offset { return false }
          index = start - offset
        }
      }
      wasReturn = byte == UInt8(ascii: "\r")
    }
    return true
  }

  /// A line's end that is also the record's.
  private mutating func endLine(at end: Int) {
    endRecord(at: end)
    line += 1
    startLine = line
    start = end + 1
    state = .fieldStart
    isThisLineBound = false
    wasReturn = false
  }

  private mutating func endRecord(at end: Int) {
    // A line of nothing but the return of "\r\n" is empty too.
    if end > start + (wasReturn ? 1 : 0) {
      if spans.count % Self.blockSize == 0 { lines.append(startLine) }
      spans.append(start..<end)
    }
  }
}
