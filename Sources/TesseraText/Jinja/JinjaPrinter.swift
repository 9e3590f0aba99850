/// Python's `str()` and `repr()`.
struct JinjaPrinter {
  let at: JinjaPosition
  var out: [Unicode.Scalar] = []

  /// `str(value)`.
  static func text(_ value: JinjaValue, _ at: JinjaPosition) throws -> JinjaText {
    switch value {
    case .text(let text): return text
    case .undefined: return ""
    default:
      var printer = JinjaPrinter(at: at)
      try printer.represent(value)
      return JinjaText(printer.out)
    }
  }

  private mutating func add(_ text: String) { out += text.unicodeScalars }

  private mutating func represent(_ value: JinjaValue) throws {
    switch value {
    case .undefined: add("Undefined")
    case .none: add("None")
    case .bool(let value): add(value ? "True" : "False")
    case .int(let value): add(String(value))
    case .double(let value): add(Self.number(value))
    case .text(let text): quote(text)
    case .list(let items): try list("[", items, "]")
    case .tuple(let items): try list("(", items, items.count == 1 ? ",)" : ")")
    case .lazy(let items, .view(let name)):
      add("\(name)(")
      try list("[", items, "])")
    case .dictionary(let dictionary): try braces(dictionary)
    default: throw JinjaError.unsupported("printing \(value.kind)", at)
    }
  }

  private mutating func list(_ open: String, _ items: [JinjaValue], _ close: String) throws {
    add(open)
    for (index, item) in items.enumerated() {
      if index > 0 { add(", ") }
      try represent(item)
    }
    add(close)
  }

  private mutating func braces(_ dictionary: JinjaDictionary) throws {
    add("{")
    for (index, (key, value)) in zip(dictionary.keys, dictionary.values).enumerated() {
      if index > 0 { add(", ") }
      try represent(key)
      add(": ")
      try represent(value)
    }
    add("}")
  }

  /// `repr` of a float: the shortest digits, an exponent below 1e-4 and from 1e16 on.
  static func number(_ value: Double) -> String {
    if value.isNaN { return "nan" }
    if value.isInfinite { return value < 0 ? "-inf" : "inf" }
    // Swift's digits are the shortest too; only where the exponent begins differs.
    var digits = ""
    var (exponent, point) = (0, 0)
    let parts = value.magnitude.description.split(separator: "e")
    if parts.count > 1 { exponent = Int(parts[1]) ?? 0 }
    let halves = parts[0].split(separator: ".")
    point = halves[0].count
    digits = String(halves[0]) + (halves.count > 1 ? halves[1] : "")
    let leading = digits.prefix { $0 == "0" }.count
    digits = String(digits.dropFirst(leading))
    while digits.hasSuffix("0") { digits.removeLast() }
    let sign = value.sign == .minus ? "-" : ""
    if digits.isEmpty { return sign + "0.0" }
    /// Where the point stands, counted from the first digit.
    let place = point - leading + exponent
    if place > -4 && place <= 16 { return sign + plain(digits, place) }
    let rest = digits.dropFirst()
    let power = place - 1
    let tail = String(power.magnitude)
    return sign + String(digits.prefix(1)) + (rest.isEmpty ? "" : "." + rest) + "e" + (power < 0 ? "-" : "+")
      + (tail.count < 2 ? "0" : "") + tail
  }

  private static func plain(_ digits: String, _ place: Int) -> String {
    if place <= 0 { return "0." + String(repeating: "0", count: -place) + digits }
    if place >= digits.count { return digits + String(repeating: "0", count: place - digits.count) + ".0" }
    return digits.prefix(place) + "." + digits.dropFirst(place)
  }

  private mutating func quote(_ text: JinjaText) {
    let quote: Unicode.Scalar = text.scalars.contains("'") && !text.scalars.contains("\"") ? "\"" : "'"
    out.append(quote)
    for scalar in text.scalars {
      switch scalar {
      case "\\": add("\\\\")
      case "\n": add("\\n")
      case "\r": add("\\r")
      case "\t": add("\\t")
      case quote: out += ["\\", quote]
      default:
        if Self.isPrintable(scalar) { out.append(scalar) } else { escape(scalar.value) }
      }
    }
    out.append(quote)
  }

  private mutating func escape(_ value: UInt32) {
    let digits = String(value, radix: 16)
    let (mark, width) = value < 0x100 ? ("x", 2) : value < 0x10000 ? ("u", 4) : ("U", 8)
    add("\\" + mark + String(repeating: "0", count: width - digits.count) + digits)
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .spaceSeparator: scalar == " "
    default: true
    }
  }
}
