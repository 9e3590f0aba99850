private import Foundation

/// Numbers as the report prints them.
package enum ReportNumber {
  /// Four significant digits, without zeros at the end: `0.1234`, `1.5`, `12 340`, `3.2e-07`.
  package static func text(_ value: Double) -> String {
    guard value.isFinite else { return value.isNaN ? "not a number" : value > 0 ? "∞" : "−∞" }
    if value == 0 { return "0" }
    let size = abs(value)
    if size < 1e-3 || size >= 1e9 { return signed(String(format: "%.3g", value)) }
    if size >= 10_000 { return grouped(Int(value.rounded())) }
    let decimals = max(0, 3 - Int(floor(log10(size))))
    return signed(trimmed(String(format: "%.\(decimals)f", value)))
  }

  /// A whole number with thin spaces between groups of three digits.
  package static func grouped(_ value: Int) -> String {
    let digits = String(value.magnitude)
    guard digits.count > 4 else { return (value < 0 ? "−" : "") + digits }
    var out = ""
    for (index, digit) in digits.enumerated() {
      if index > 0 && (digits.count - index) % 3 == 0 { out += "\u{2009}" }
      out.append(digit)
    }
    return (value < 0 ? "−" : "") + out
  }

  /// A number with so many decimals.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    value.isFinite ? signed(String(format: "%.\(decimals)f", value)) : text(value)
  }

  /// `97.2 %`.
  package static func percent(_ share: Double) -> String { fixed(share * 100, 1) + "\u{2009}%" }

  /// A label at an axis: as short as it can be. Whole powers as `10k`, `2M`.
  package static func tick(_ value: Double) -> String {
    let size = abs(value)
    switch size {
    case 0: return "0"
    case 1e9...: return signed(trimmed(String(format: "%.2f", value / 1e9))) + "G"
    case 1e6..<1e9: return signed(trimmed(String(format: "%.2f", value / 1e6))) + "M"
    case 1e4..<1e6: return signed(trimmed(String(format: "%.2f", value / 1e3))) + "k"
    case 1e-3..<1e4: return signed(trimmed(String(format: "%.4f", value)))
    default: return signed(String(format: "%.2g", value)).replacing("e-0", with: "e-")
    }
  }

  private static func trimmed(_ text: String) -> String {
    guard text.contains(".") else { return text }
    var text = text
    while text.hasSuffix("0") { text.removeLast() }
    return text.hasSuffix(".") ? String(text.dropLast()) : text
  }

  private static func signed(_ text: String) -> String { text.hasPrefix("-") ? "−" + text.dropFirst() : text }
}
