import TesseraTerminal

/// One line on stderr that is written over while something is made; nothing where stderr is no terminal.
final class MakeProgress {
  private var isShown = false

  /// Shows a text in place of the last.
  func update(_ text: String) {
    guard Talk.isTerminal else { return }
    Talk.write("\r\u{1B}[K\(text)")
    isShown = true
  }

  /// Clears the line.
  func finish() {
    if isShown { Talk.write("\r\u{1B}[K") }
    isShown = false
  }
}
