import Foundation
import Tessera

/// Numbers of statistics as people read them.
enum Figures {
  /// A whole number with its thousands apart: `1,281,167`.
  static func count(_ number: Int) -> String {
    var digits = String(number.magnitude)
    var parts: [String] = []
    while digits.count > 3 {
      parts.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (number < 0 ? "-" : "") + ([digits] + parts).joined(separator: ",")
  }

  /// `12 kB`, `3.4 MB`: decimal units, as disks are sold.
  static func bytes(_ number: Double) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"]
    var (value, unit) = (number, 0)
    while value >= 999.5, unit < units.count - 1 {
      value /= 1000
      unit += 1
    }
    return "\(short(value)) \(units[unit])"
  }

  /// Three digits that count, no zeros at the end: `0.0123`, `0.15`, `3`, `12.5`, `4032`.
  static func short(_ value: Double) -> String {
    let size = abs(value)
    let digits = size >= 100 || size == 0 ? 0 : min(max(2 - Int(log10(size).rounded(.down)), 0), 6)
    let text = String(format: "%.\(digits)f", value)
    guard text.contains(".") else { return text }
    let trimmed = text.reversed().drop { $0 == "0" }
    return String((trimmed.first == "." ? trimmed.dropFirst() : trimmed).reversed())
  }

  /// A number with so many digits behind the point.
  static func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

  /// `12.3 %`.
  static func share(_ part: Int, of whole: Int) -> String {
    let percent = 100 * Double(part) / Double(max(whole, 1))
    if part == 0 { return "0 %" }
    return percent < 0.05 ? "<0.1 %" : String(format: percent < 9.95 ? "%.1f %%" : "%.0f %%", percent)
  }

  /// `950`, `12k`, `1.3M`: few letters.
  static func compact(_ number: Int) -> String {
    number < 10_000
      ? String(number)
      : number < 1_000_000 ? short(Double(number) / 1000) + "k" : short(Double(number) / 1e6) + "M"
  }

  /// What a bin is called.
  static func name(of bin: Distribution.Bin, _ unit: (Double) -> String) -> String {
    if let label = bin.label { return label }
    return bin.lower == bin.upper ? unit(bin.lower) : "\(unit(bin.lower))-\(unit(bin.upper))"
  }
}
