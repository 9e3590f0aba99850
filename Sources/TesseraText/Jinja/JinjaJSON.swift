/// Python's `json.dumps`, as transformers' filter `tojson` calls it.
struct JinjaJSON {
  let at: JinjaPosition
  var asciiOnly = false
  var indent: JinjaText?
  var itemSeparator: JinjaText = ", "
  var keySeparator: JinjaText = ": "
  var sortsKeys = false
  private(set) var out: [Unicode.Scalar] = []

  init(at: JinjaPosition) { self.at = at }

  /// A value's text.
  mutating func text(_ value: JinjaValue) throws -> JinjaText {
    try write(value, level: 0)
    return JinjaText(out)
  }

  private mutating func add(_ text: String) { out += text.unicodeScalars }

  private mutating func write(_ value: JinjaValue, level: Int) throws {
    switch value {
    case .none: add("null")
    case .bool(let value): add(value ? "true" : "false")
    case .int(let value): add(String(value))
    case .double(let value): add(Self.number(value))
    case .text(let text): quote(text)
    case .list(let items), .tuple(let items):
      if items.isEmpty { return add("[]") }
      try block("[", items.count, "]", level) { try $0.write(items[$1], level: level + 1) }
    case .dictionary(let dictionary): try members(dictionary, level)
    default: throw JinjaError.kind("tojson", "a value that JSON has", value, at)
    }
  }

  private mutating func members(_ dictionary: JinjaDictionary, _ level: Int) throws {
    var pairs = Array(zip(dictionary.keys, dictionary.values))
    if pairs.isEmpty { return add("{}") }
    if sortsKeys { pairs = try pairs.sorted { try JinjaOrder.isLess($0.0, $1.0, at) } }
    try block("{", pairs.count, "}", level) { writer, index in
      writer.quote(try writer.key(pairs[index].0))
      writer.out += writer.keySeparator.scalars
      try writer.write(pairs[index].1, level: level + 1)
    }
  }

  private func key(_ key: JinjaValue) throws -> JinjaText {
    switch key {
    case .text(let text): text
    case .none: "null"
    case .bool(let value): value ? "true" : "false"
    case .int(let value): JinjaText(String(value))
    case .double(let value): JinjaText(Self.number(value))
    default: throw JinjaError.kind("tojson", "keys that JSON has", key, at)
    }
  }

  private mutating func block(
    _ open: String, _ count: Int, _ close: String, _ level: Int, _ item: (inout JinjaJSON, Int) throws -> Void
  ) throws {
    add(open)
    for index in 0..<count {
      if index > 0 { out += itemSeparator.scalars }
      newLine(level + 1)
      try item(&self, index)
    }
    newLine(level)
    add(close)
  }

  private mutating func newLine(_ level: Int) {
    guard let indent else { return }
    out.append("\n")
    for _ in 0..<level { out += indent.scalars }
  }

  private static func number(_ value: Double) -> String {
    value.isNaN
      ? "NaN" : value.isInfinite ? (value < 0 ? "-Infinity" : "Infinity") : JinjaPrinter.number(value)
  }

  private mutating func quote(_ text: JinjaText) {
    let short: [Unicode.Scalar: String] = [
      "\"": "\\\"", "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\u{8}": "\\b", "\u{C}": "\\f",
    ]
    out.append("\"")
    for scalar in text.scalars {
      if let escape = short[scalar] {
        add(escape)
      } else if scalar.value < 0x20 || (asciiOnly && scalar.value > 0x7E) {
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          add("\\u" + String(repeating: "0", count: 4 - digits.count) + digits)
        }
      } else {
        out.append(scalar)
      }
    }
    out.append("\"")
  }
}
