private import Foundation
package import TesseraCore

/// What the command says to a person: on stderr, so that stdout holds results only.
package enum Talk {
  /// Whether stderr is a terminal.
  package static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

  /// Writes a line, or lines; nothing that others wrote in it is obeyed by a terminal.
  package static func say(_ line: String) { write(line.printableLines + "\n") }

  /// Says what a listing left out or found strange, at most ten of it.
  package static func notices(_ notices: [TesseraError]) {
    for notice in notices.prefix(10) { say("tessera: \(notice)") }
    if notices.count > 10 { say("tessera: … and \(notices.count - 10) more") }
  }

  /// Writes text as it is.
  package static func write(_ text: String) {
    // Results first: a log of both shows them in their order, no line torn.
    fflush(nil)
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Foundation.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      if count < 0 && errno == EINTR { continue }
      // Nobody is there any more to whom it could be told: a terminal that was closed, a full disk.
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }
}

/// Text in columns.
package enum TextTable {
  /// Rows with each column as wide as its widest cell, two spaces between; the last column is not padded. Cells hold others'
  /// words: nothing in them breaks a line or is obeyed by a terminal.
  package static func lines(_ rows: [[String]]) -> [String] {
    let rows = rows.map { $0.map(\.printable) }
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      var line = ""
      for (column, cell) in row.enumerated() {
        line += cell
        if column < row.count - 1 { line += String(repeating: " ", count: widths[column] - cell.count + 2) }
      }
      while line.hasSuffix(" ") { line.removeLast() }
      return line
    }
  }
}

/// Numbers as people read them.
package enum Words {
  /// `1 picture`, `2 pictures`.
  package static func count(_ number: Int, _ noun: String) -> String {
    "\(number) \(noun)\(number == 1 ? "" : "s")"
  }

  /// `0:07`, `12:34`, `1:02:03`.
  package static func duration(_ seconds: Double) -> String {
    let whole = Int(seconds.rounded())
    let (h, m, s) = (whole / 3600, whole / 60 % 60, whole % 60)
    let tail = (s < 10 ? "0" : "") + String(s)
    return h > 0 ? "\(h):\(m < 10 ? "0" : "")\(m):\(tail)" : "\(m):\(tail)"
  }

  /// Three significant digits or so: `3.14`, `31.4`, `314`.
  package static func rate(_ value: Double) -> String {
    String(format: value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value)
  }
}
