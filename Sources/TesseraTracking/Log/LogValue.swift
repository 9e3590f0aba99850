package import TesseraCore

/// A value of a log line.
public enum LogValue: Sendable, Equatable {
  case flag(Bool)
  case int(Int)
  /// A number, written with the fewest digits that read back to it; `"nan"`, `"inf"` and `"-inf"` are strings, since
  /// JSON has no such numbers.
  case number(Double)
  case text(String)
  case list([LogValue])

  /// A number of single precision, with the digits that it needs itself: `0.1`, not `0.10000000149011612`.
  ///
  /// Read back as `Double` and rounded to `Float`, it is the same number.
  public static func number(_ value: Float) -> LogValue {
    // The nearest double of the shortest text has that text for its own: no more than nine digits.
    .number(Double(value.description) ?? Double(value))
  }
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
  ExpressibleByBooleanLiteral
{
  public init(stringLiteral value: String) { self = .text(value) }
  public init(integerLiteral value: Int) { self = .int(value) }
  public init(floatLiteral value: Double) { self = .number(value) }
  public init(booleanLiteral value: Bool) { self = .flag(value) }
}

extension LogValue {
  /// The value as a number; nil for texts that name none, flags and lists.
  public var number: Double? {
    switch self {
    case .int(let value): Double(value)
    case .number(let value): value
    case .text("nan"): .nan
    case .text("inf"): .infinity
    case .text("-inf"): -.infinity
    default: nil
    }
  }

  /// The value as a text; nil for anything else.
  public var text: String? { if case .text(let value) = self { value } else { nil } }

  /// The value as a flag; nil for anything else.
  public var flag: Bool? { if case .flag(let value) = self { value } else { nil } }

  /// The value as a whole number; nil for anything else.
  public var int: Int? { if case .int(let value) = self { value } else { nil } }

  package var json: JSONText {
    switch self {
    case .flag(let value): .bool(value)
    case .int(let value): .int(value)
    case .number(let value) where value.isNaN: "nan"
    case .number(let value) where value.isInfinite: value > 0 ? "inf" : "-inf"
    case .number(let value): .double(value)
    case .text(let value): .string(value)
    case .list(let values): .array(values.map(\.json))
    }
  }

  /// Nil for objects and null, which no line of ours has.
  package init?(_ json: JSONValue) {
    switch json {
    case .bool(let value): self = .flag(value)
    case .int(let value): self = .int(value)
    case .double(let value): self = .number(value)
    case .string(let value): self = .text(value)
    case .array(let values):
      let items = values.compactMap { LogValue($0) }
      guard items.count == values.count else { return nil }
      self = .list(items)
    case .null, .object: return nil
    }
  }
}
