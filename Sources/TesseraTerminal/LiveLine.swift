private import Foundation
private import TesseraCore

/// A line that redraws itself on a terminal, and on anything else is written out now and then.
package struct LiveLine {
  private let isTerminal: Bool
  /// Columns of the terminal: a longer line would break, and the next could not cover it.
  private let width: Int
  private let write: (String) -> Void
  private var isShown = false

  /// A line on stderr.
  package init() {
    self.init(isTerminal: Talk.isTerminal, width: Talk.errorWidth) { Talk.write($0) }
  }

  package init(isTerminal: Bool, width: Int, write: @escaping (String) -> Void) {
    (self.isTerminal, self.width, self.write) = (isTerminal, width, write)
  }

  /// Shows a line in place of the last one; elsewhere than on a terminal, below it.
  package mutating func show(_ line: String) {
    let line = line.printable
    write(isTerminal ? "\r\(line.prefix(width - 1))\u{1B}[K" : "\(line)\n")
    isShown = true
  }

  /// Writes a line that stays, above the one that redraws itself.
  package mutating func say(_ line: String) {
    let line = line.printableLines
    write(isTerminal && isShown ? "\r\u{1B}[K\(line)\n" : "\(line)\n")
    isShown = false
  }

  /// Leaves the line: what is written next starts below it.
  package mutating func finish() {
    if isTerminal && isShown { write("\n") }
    isShown = false
  }
}
