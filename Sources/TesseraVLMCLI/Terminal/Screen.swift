import Foundation
import Tessera
import TesseraTerminal

/// What a model says, on the standard output.
enum Screen {
  private static let isTerminal = isatty(STDOUT_FILENO) == 1

  /// Prints a piece at once. On a terminal nothing that a model writes steers it; into a file it goes as it is.
  static func print(_ text: String) {
    Swift.print(isTerminal ? harmless(text) : text, terminator: "")
    fflush(nil)
  }

  private static func harmless(_ text: String) -> String {
    String(
      text.unicodeScalars.map { scalar -> String in
        scalar == "\n" || scalar == "\t" || scalar == "\\" ? String(scalar) : String(scalar).visible
      }.joined())
  }
}
