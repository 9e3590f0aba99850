#if canImport(Glibc)
  private import Glibc
#else
  private import Darwin
#endif

/// The filters `int`, `float` and `round`.
enum JinjaNumbers {
  static func int(_ value: JinjaValue, _ arguments: JinjaArguments, _ at: JinjaPosition) throws -> JinjaValue
  {
    let otherwise = arguments.value(0, "default") ?? .int(0)
    switch value {
    case .undefined: throw JinjaError.kind("int", "a value", value, at)
    case .text(let text):
      let base = try JinjaFilters.whole(arguments.value(1, "base"), 10, at)
      if let number = parse(text, base: base) { return .int(number) }
      return try float(text).flatMap { try truncated($0, at) } ?? otherwise
    default:
      if let whole = value.whole { return .int(whole) }
      return try value.number.flatMap { try truncated($0, at) } ?? otherwise
    }
  }

  private static func truncated(_ number: Double, _ at: JinjaPosition) throws -> JinjaValue? {
    guard number.isFinite else { return nil }
    guard let whole = Int(exactly: number.rounded(.towardZero)) else {
      throw JinjaError.unsupported("a whole number beyond 64 bits", at)
    }
    return .int(whole)
  }

  /// Python's `int(text, base)`: white space around, underscores between digits, a prefix where it suits the base.
  private static func parse(_ text: JinjaText, base: Int) -> Int? {
    var body = text.stripped().string
    guard body.utf8.count == text.stripped().count, (2...36).contains(base) else { return nil }
    let isNegative = body.hasPrefix("-")
    if isNegative || body.hasPrefix("+") { body.removeFirst() }
    let prefix = [16: "0x", 8: "0o", 2: "0b"][base]
    if let prefix, body.lowercased().hasPrefix(prefix) { body.removeFirst(2) }
    guard let digits = withoutUnderscores(body), digits.first != "-", digits.first != "+" else { return nil }
    return Int((isNegative ? "-" : "") + digits, radix: base)
  }

  /// The digits, if every underscore stands between two.
  private static func withoutUnderscores(_ text: String) -> String? {
    if text.isEmpty || text.hasPrefix("_") || text.hasSuffix("_") || text.contains("__") { return nil }
    return text.filter { $0 != "_" }
  }

  private static func float(_ text: JinjaText) -> Double? {
    let body = text.stripped().string.lowercased()
    let names: [String: Double] = ["inf": .infinity, "infinity": .infinity, "nan": .nan]
    let isNegative = body.hasPrefix("-")
    let bare = isNegative || body.hasPrefix("+") ? String(body.dropFirst()) : body
    if let named = names[bare] { return isNegative ? -named : named }
    guard bare.utf8.allSatisfy({ (0x30...0x39).contains($0) || ".e+-_".utf8.contains($0) }),
      let digits = withoutUnderscores(bare), digits.first != "-", digits.first != "+"
    else { return nil }
    return Double((isNegative ? "-" : "") + digits)
  }

  static func float(_ value: JinjaValue, _ arguments: JinjaArguments, _ at: JinjaPosition) throws
    -> JinjaValue
  {
    if case .undefined = value { throw JinjaError.kind("float", "a value", value, at) }
    if let number = value.number { return .double(number) }
    if case .text(let text) = value, let number = float(text) { return .double(number) }
    return arguments.value(0, "default") ?? .double(0)
  }

  static func round(_ value: JinjaValue, _ arguments: JinjaArguments, _ at: JinjaPosition) throws
    -> JinjaValue
  {
    guard let number = value.number else { throw JinjaError.kind("round", "a number", value, at) }
    let digits = try JinjaFilters.whole(arguments.value(0, "precision"), 0, at)
    guard (-300...300).contains(digits) else {
      throw JinjaError.kind("round", "a precision between -300 and 300", .int(digits), at)
    }
    let method = try arguments.value(1, "method").map { try JinjaFilters.text($0, at).string } ?? "common"
    switch method {
    case "ceil": return .double(ceil(number * pow(10, Double(digits))) / pow(10, Double(digits)))
    case "floor": return .double(floor(number * pow(10, Double(digits))) / pow(10, Double(digits)))
    case "common": break
    default: throw JinjaError.wrong("round knows common, ceil and floor, not '\(method)'", at)
    }
    if let whole = value.whole, digits >= 0 { return .int(whole) }
    guard digits >= 0, value.whole == nil else {
      throw JinjaError.unsupported("rounding to tens and above", at)
    }
    // Half to even of the exact decimal value, as CPython: the C library's printing rounds so.
    return .double(Double(decimal(number, digits: digits)) ?? number)
  }

  private static func decimal(_ number: Double, digits: Int) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
      let length = withVaList([Int32(digits), number]) {
        vsnprintf(buffer.baseAddress, buffer.count, "%.*f", $0)
      }
      return String(
        decoding: buffer[..<min(Int(length), buffer.count - 1)].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
}
