private import Foundation

/// Pieces of a page. Text gets into it through `escaped` alone.
enum HTML {
  /// Text as it can stand between tags and in quoted attributes. Control characters, which no page may have, are shown by
  /// Unicode's pictures of them.
  static func escaped(_ text: String) -> String {
    var out = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "&": out += "&amp;"
      case "<": out += "&lt;"
      case ">": out += "&gt;"
      case "\"": out += "&quot;"
      case "'": out += "&#39;"
      case "\n", "\t": out.unicodeScalars.append(scalar)
      case _ where scalar.value < 0x20:
        out.unicodeScalars.append(Unicode.Scalar(0x2400 + scalar.value) ?? "\u{FFFD}")
      case "\u{7F}"..."\u{9F}": out += "\u{FFFD}"
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out
  }

  /// Text that somebody else wrote: its direction of writing does not reach what stands around it, and its length has a
  /// limit.
  static func foreign(_ text: String, limit: Int = 4000) -> String {
    let shown = text.count > limit ? text.prefix(limit) + "… (\(text.count) characters)" : text[...]
    return "<bdi>\(escaped(String(shown)))</bdi>"
  }

  /// An element with text inside.
  static func element(_ name: String, _ text: String) -> String { "<\(name)>\(escaped(text))</\(name)>" }

  /// A table; `headers` and cells are HTML already.
  static func table(_ headers: [String], _ rows: [[String]], isNumeric: (Int) -> Bool = { _ in false })
    -> String
  {
    func cells(_ row: [String], _ tag: String) -> String {
      row.enumerated().map { column, cell in
        "<\(tag)\(isNumeric(column) ? " class=\"n\"" : "")>\(cell)</\(tag)>"
      }.joined()
    }
    var out = "<div class=\"scroll\"><table>"
    if headers.contains(where: { !$0.isEmpty }) { out += "<thead><tr>\(cells(headers, "th"))</tr></thead>" }
    out +=
      "<tbody>" + rows.map { "<tr>\(cells($0, "td"))</tr>" }.joined(separator: "\n")
      + "</tbody></table></div>"
    return out
  }

  /// A coordinate: a tenth of a unit is finer than any screen.
  static func point(_ value: Double) -> String {
    let text = String(format: "%.1f", value)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
