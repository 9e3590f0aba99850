internal import TesseraCore

/// Reads the members of a config, each with its default and its bounds; errors name file, key, found and expected.
struct ConfigReader {
  /// What errors call the file.
  let file: String
  /// The keys on the way here, `text_config.`.
  private let prefix: String
  private let value: JSONValue

  /// - Throws: `invalidArgument` unless the value is an object.
  init(_ value: JSONValue, file: String, prefix: String = "") throws {
    self.file = file
    self.prefix = prefix
    self.value = value
    guard case .object = value else {
      let name = prefix.isEmpty ? "the config" : String(prefix.dropLast())
      throw TesseraError(
        .invalidArgument(name: name, expected: "an object", got: value.kind), path: file)
    }
  }

  /// A member; nil where it is absent or null.
  subscript(key: String) -> JSONValue? {
    guard let found = value[key], !found.isNull else { return nil }
    return found
  }

  /// Whether the key is there, be it with null.
  func has(_ key: String) -> Bool { value[key] != nil }

  /// The reader of an object inside; nil where it is absent or null.
  func object(_ key: String) throws -> ConfigReader? {
    try self[key].map { try ConfigReader($0, file: file, prefix: "\(prefix)\(key).") }
  }

  /// A whole number in a range, or the default where the key is absent.
  ///
  /// No config has numbers of more than 2³¹: bounded so, no product of two of them overflows.
  func int(_ key: String, _ standard: Int, in range: ClosedRange<Int> = 1...Int(Int32.max)) throws -> Int {
    // Null where a number must be is as wrong as a text.
    guard has(key) else { return standard }
    return try optionalInt(key, in: range) ?? { throw wrong(key, Self.expected(range), .null) }()
  }

  func optionalInt(_ key: String, in range: ClosedRange<Int> = 1...Int(Int32.max)) throws -> Int? {
    guard let found = self[key] else { return nil }
    return try Self.whole(found).flatMap { range.contains($0) ? $0 : nil }
      ?? { throw wrong(key, Self.expected(range), found) }()
  }

  private static func expected(_ range: ClosedRange<Int>) -> String {
    range.upperBound == Int(Int32.max)
      ? "a whole number from \(range.lowerBound) on"
      : "a whole number in \(range.lowerBound)...\(range.upperBound)"
  }

  /// A size that a list of two may give, as long as both are equal: height and width.
  func side(_ key: String, _ standard: Int) throws -> Int {
    guard case .array(let sides)? = self[key] else { return try int(key, standard) }
    let numbers = sides.compactMap(Self.whole)
    guard numbers.count == 2, sides.count == 2, numbers[0] == numbers[1],
      (1...Int(Int32.max)).contains(numbers[0])
    else { throw wrong(key, "a whole number, or two equal ones", .array(sides)) }
    return numbers[0]
  }

  func double(_ key: String, _ standard: Double, above bound: Double = 0) throws -> Double {
    guard has(key) else { return standard }
    switch value[key] {
    case .int(let number)? where Double(number) > bound: return Double(number)
    case .double(let number)? where number > bound: return number
    case let found: throw wrong(key, "a number above \(bound)", found ?? .null)
    }
  }

  func bool(_ key: String, _ standard: Bool) throws -> Bool { try optionalBool(key) ?? standard }

  func optionalBool(_ key: String) throws -> Bool? {
    guard let found = self[key] else { return nil }
    guard case .bool(let flag) = found else { throw wrong(key, "true or false", found) }
    return flag
  }

  func string(_ key: String) throws -> String? {
    guard let found = self[key] else { return nil }
    guard case .string(let text) = found else { throw wrong(key, "a text", found) }
    return text
  }

  /// One of a few words.
  func word<T: RawRepresentable<String> & CaseIterable>(_ key: String, _ standard: T) throws -> T {
    guard let text = try string(key) else { return standard }
    return try T(rawValue: text)
      ?? {
        throw wrong(key, T.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: " or "), .string(text))
      }()
  }

  func activation(_ key: String, _ standard: Activation) throws -> Activation {
    guard let text = try string(key) else { return standard }
    return try Activation(name: text)
      ?? { throw wrong(key, Activation.names.joined(separator: ", "), .string(text)) }()
  }

  static func whole(_ value: JSONValue) -> Int? {
    switch value {
    case .int(let number): number
    // Python writes 64.0 where a division made the number.
    case .double(let number): Int(exactly: number)
    default: nil
    }
  }

  /// All members, in the file's order.
  var all: [(name: String, value: JSONValue)] {
    if case .object(let members) = value { members } else { [] }
  }

  /// What errors call a member.
  func path(_ key: String) -> String { prefix + key }

  /// A value for people: of a long one the start.
  func short(_ value: JSONValue) -> String {
    let text = JSONText(value).text
    return text.count > 80 ? "\(text.prefix(80))…" : text
  }

  /// The error that a member is not what it must be.
  func wrong(_ key: String, _ expected: String, _ found: JSONValue?) -> TesseraError {
    TesseraError(
      .invalidArgument(name: path(key), expected: expected, got: found.map(short) ?? "nothing"), path: file)
  }
}
