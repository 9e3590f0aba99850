internal import TesseraCore

/// A value of tokenizer.json with the way to it, so that an error can say where it stands.
struct TokenizerMember {
  static let format = "tokenizer.json"

  let path: String
  /// Nil where the member is not there.
  let value: JSONValue?

  init(_ path: String, _ value: JSONValue?) {
    self.path = path
    self.value = value
  }

  subscript(name: String) -> TokenizerMember {
    TokenizerMember(path.isEmpty ? name : "\(path).\(name)", value?[name])
  }

  /// Whether the member is there and not null.
  var isPresent: Bool { value.map { !$0.isNull } ?? false }

  // MARK: errors

  func corrupt(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: Self.format, detail: "\(path.isEmpty ? "the file" : path): \(detail)"))
  }

  func expected(_ what: String) -> TesseraError {
    corrupt("expected \(what), found \(value.map(Self.show) ?? "nothing")")
  }

  func unsupported(_ feature: String) -> TesseraError {
    TesseraError(.unsupported(format: Self.format, feature: "\(path): \(feature)"))
  }

  private static func show(_ value: JSONValue) -> String {
    switch value {
    case .int(let number): String(number)
    case .double(let number): String(number)
    case .string(let text): "\"\(text.prefix(60))\""
    case .bool(let value): String(value)
    default: value.kind
    }
  }

  // MARK: values

  func string() throws -> String {
    guard case .string(let text)? = value else { throw expected("a string") }
    return text
  }

  /// The string, where there is one and it is not null.
  func optionalString() throws -> String? { isPresent ? try string() : nil }

  func bool(default byDefault: Bool) throws -> Bool {
    guard isPresent else { return byDefault }
    guard case .bool(let value)? = value else { throw expected("true or false") }
    return value
  }

  func int(_ range: ClosedRange<Int>) throws -> Int {
    guard case .int(let number)? = value, range.contains(number) else {
      throw expected("a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  /// A token's id.
  func id() throws -> Int { try int(0...Int(Int32.max) - 1) }

  func array() throws -> [TokenizerMember] {
    guard case .array(let values)? = value else { throw expected("an array") }
    return values.enumerated().map { TokenizerMember("\(path)[\($0.offset)]", $0.element) }
  }

  func members() throws -> [(name: String, value: JSONValue)] {
    guard case .object(let members)? = value else { throw expected("an object") }
    return members
  }

  /// The member `type` of an object.
  func type() throws -> String { try self["type"].string() }

  /// The text of a literal pattern, `{"String": "…"}`.
  func literal() throws -> [UInt8] {
    let text = self["String"]
    guard text.isPresent else {
      if let regex = try self["Regex"].optionalString() {
        throw unsupported("the regular expression \(regex)")
      }
      throw expected("{\"String\": …}")
    }
    let bytes = Array(try text.string().utf8)
    guard !bytes.isEmpty else { throw text.expected("a text that is not empty") }
    return bytes
  }
}
