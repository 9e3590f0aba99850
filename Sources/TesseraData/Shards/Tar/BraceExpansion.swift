internal import TesseraCore

/// Expands patterns like `shard-{000000..000146}.tar` and `{train,val}.tar` as bash and Python's *braceexpand* do.
///
/// Numbers count up or down with the width of the wider end where either starts with a zero; letters count too; a
/// third part is the step. Braces nest; a backslash takes a character's meaning away; braces without a comma or a
/// range stay.
package enum BraceExpansion {
  /// The most results: beyond them a pattern is a slip of the hand.
  static let limit = 1 << 22

  /// All results in their order.
  ///
  /// - Throws: `invalidArgument` for braces that do not close, `limitExceeded` for more than 4 million results.
  package static func expand(_ pattern: String) throws -> [String] {
    if !pattern.contains(where: { "{}\\".contains($0) }) { return [pattern] }
    var rest = Array(pattern)[...]
    return try alternatives(&rest, pattern, isInside: false).flatMap { $0 }
  }

  /// Reads comma-separated parts up to the closing brace (or, outside of all braces, the end).
  private static func alternatives(
    _ rest: inout ArraySlice<Character>, _ pattern: String, isInside: Bool
  ) throws -> [[String]] {
    var finished: [[String]] = []
    var parts = [""]
    while let character = rest.popFirst() {
      switch character {
      case "\\" where !rest.isEmpty: parts = try product(parts, [String(rest.removeFirst())], pattern)
      case "{": parts = try product(parts, try group(&rest, pattern), pattern)
      case "}" where isInside: return finished + [parts]
      case "," where isInside:
        finished.append(parts)
        parts = [""]
      case "}": throw unbalanced(pattern)
      default: parts = try product(parts, [String(character)], pattern)
      }
    }
    if isInside { throw unbalanced(pattern) }
    return [parts]
  }

  /// What follows an opening brace: a range, a list, or text that only looks like one.
  private static func group(_ rest: inout ArraySlice<Character>, _ pattern: String) throws -> [String] {
    if let end = rest.firstIndex(of: "}"), let range = try range(String(rest[..<end]), pattern) {
      rest = rest[(end + 1)...]
      return range
    }
    let parts = try alternatives(&rest, pattern, isInside: true)
    return parts.count > 1 ? parts.flatMap { $0 } : parts[0].map { "{\($0)}" }
  }

  /// `1..10`, `01..10`, `1..10..3`, `a..e`; nil if the text is none of these.
  private static func range(_ text: String, _ pattern: String) throws -> [String]? {
    let fields = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    // "a..b" splits into "a", "", "b".
    guard fields.count == 3 || fields.count == 5, fields[1].isEmpty, fields.count == 3 || fields[3].isEmpty
    else { return nil }
    let step = fields.count == 5 ? Int(fields[4]) : 1
    guard let step, step != .min else { return nil }
    let stride = max(abs(step), 1)
    if let low = Int(fields[0]), let high = Int(fields[2]) {
      let isPadded = [fields[0], fields[2]].contains { field in
        let digits = field.drop { $0 == "-" }
        return digits.count > 1 && digits.hasPrefix("0")
      }
      let width = isPadded ? max(fields[0].count, fields[2].count) : 0
      return try count(low, high, stride, pattern).map { padded($0, width) }
    }
    guard let low = letter(fields[0]), let high = letter(fields[2]) else { return nil }
    return try count(Int(low), Int(high), stride, pattern).map { String(UnicodeScalar(UInt8($0))) }
  }

  private static func count(_ low: Int, _ high: Int, _ step: Int, _ pattern: String) throws -> [Int] {
    let distance =
      low.magnitude > UInt(Int.max >> 2) || high.magnitude > UInt(Int.max >> 2) ? .max : abs(high - low)
    guard distance / step < limit else {
      throw TesseraError(
        .limitExceeded(what: "names that '\(pattern)' stands for", limit: limit, found: distance / step))
    }
    return Array(stride(from: low, through: high, by: low <= high ? step : -step))
  }

  private static func padded(_ number: Int, _ width: Int) -> String {
    let digits = String(number.magnitude)
    let sign = number < 0 ? "-" : ""
    return sign + String(repeating: "0", count: max(0, width - digits.count - sign.count)) + digits
  }

  private static func letter(_ text: String) -> UInt8? {
    guard text.utf8.count == 1, let byte = text.utf8.first, text.first?.isLetter == true else { return nil }
    return byte
  }

  private static func product(_ a: [String], _ b: [String], _ pattern: String) throws -> [String] {
    guard a.count * b.count <= limit else {
      throw TesseraError(
        .limitExceeded(
          what: "names that '\(pattern)' stands for", limit: limit, found: a.count * b.count))
    }
    return a.flatMap { head in b.map { head + $0 } }
  }

  private static func unbalanced(_ pattern: String) -> TesseraError {
    TesseraError(
      .invalidArgument(
        name: "the pattern", expected: "braces that open and close", got: "'\(pattern)'"))
  }
}
