package import TesseraCore

extension JSONText {
  /// The same value for writing.
  init(_ value: JSONValue) {
    self =
      switch value {
      case .null: .null
      case .bool(let flag): .bool(flag)
      case .int(let number): .int(number)
      case .double(let number): .double(number)
      case .string(let text): .string(text)
      case .array(let values): .array(values.map { JSONText($0) })
      case .object(let members): .object(members.map { ($0.name, JSONText($0.value)) })
      }
  }
}

extension JSONValue {
  /// As Python's `json.dumps(indent=2, sort_keys=True)` and a line break: what transformers writes.
  ///
  /// Fractions are written with the shortest digits that read back; a whole number in a `double` keeps its `.0`.
  ///
  /// - Parameter sortsKeys: false keeps the members' order, as tokenizers' files do.
  package func pythonText(sortsKeys: Bool = true) -> String {
    var out = ""
    write(to: &out, indent: 0, sortsKeys)
    return out + "\n"
  }

  private func write(to out: inout String, indent: Int, _ sortsKeys: Bool) {
    let inner = "\n" + String(repeating: " ", count: indent + 2)
    let outer = "\n" + String(repeating: " ", count: indent)
    switch self {
    case .double(let number) where number.isFinite: out += Self.python(number)
    case .array(let values) where !values.isEmpty:
      out += "["
      for (index, value) in values.enumerated() {
        out += (index > 0 ? "," : "") + inner
        value.write(to: &out, indent: indent + 2, sortsKeys)
      }
      out += outer + "]"
    case .object(let members) where !members.isEmpty:
      out += "{"
      for (index, (name, value)) in (sortsKeys ? Self.sorted(members) : members).enumerated() {
        out += (index > 0 ? "," : "") + inner + JSONText.string(name).text + ": "
        value.write(to: &out, indent: indent + 2, sortsKeys)
      }
      out += outer + "}"
    default: out += JSONText(self).text
    }
  }

  /// By name; of two members with one name the last counts, as it did when they were read.
  private static func sorted(
    _ members: [(name: String, value: JSONValue)]
  ) -> [(name: String, value: JSONValue)] {
    Dictionary(members.map { ($0.name, $0.value) }) { $1 }
      .sorted { $0.key.unicodeScalars.lexicographicallyPrecedes($1.key.unicodeScalars) }
      .map { (name: $0.key, value: $0.value) }
  }

  /// Python's notation: an exponent has at least two digits, from 1e16 on and below 1e-4.
  private static func python(_ number: Double) -> String {
    let text = number.description
    guard let e = text.firstIndex(where: { $0 == "e" }) else { return text }
    var mantissa = String(text[..<e])
    if mantissa.hasSuffix(".0") { mantissa = String(mantissa.dropLast(2)) }
    var exponent = text[text.index(after: e)...]
    let sign = exponent.first == "-" ? "-" : "+"
    if exponent.first == "-" || exponent.first == "+" { exponent = exponent.dropFirst() }
    return mantissa + "e" + sign + (exponent.count < 2 ? "0" : "") + exponent
  }

  /// The object with a member set: in its place where it is there, else behind the last.
  package func with(_ name: String, _ value: JSONValue) -> JSONValue {
    guard case .object(var members) = self else { return self }
    if let place = members.lastIndex(where: { $0.name == name }) {
      members[place].value = value
    } else {
      members.append((name, value))
    }
    return .object(members)
  }

  /// The object without a member.
  package func without(_ name: String) -> JSONValue {
    guard case .object(let members) = self else { return self }
    return .object(members.filter { $0.name != name })
  }
}
