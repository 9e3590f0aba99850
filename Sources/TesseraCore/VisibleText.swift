extension String {
  /// The text without anything that a terminal would obey or that would break a line: control characters, escape
  /// codes and marks of direction are written out as in Swift (`\n`, `\u{1B}`), and so are backslashes: what it stood for
  /// can be read back.
  package var visible: String { written(keeping: "", isReversible: true) }

  /// The same with backslashes as they are, for sentences that hold others' words: errors.
  package var printable: String { written(keeping: "", isReversible: false) }

  /// The same for a text of several lines that are known to be its own.
  package var printableLines: String { written(keeping: "\n\t", isReversible: false) }

  private func written(keeping kept: String, isReversible: Bool) -> String {
    // Most texts are plain.
    if utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F && !(isReversible && $0 == 0x5C) }) { return self }
    var out = ""
    for scalar in unicodeScalars {
      switch scalar {
      case _ where kept.unicodeScalars.contains(scalar): out.unicodeScalars.append(scalar)
      case "\n": out += "\\n"
      case "\r": out += "\\r"
      case "\t": out += "\\t"
      case "\\": out += isReversible ? "\\\\" : "\\"
      default:
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
          out += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
        default: out.unicodeScalars.append(scalar)
        }
      }
    }
    return out
  }
}
