/// The tests behind `is`.
enum JinjaTests {
  typealias Test = @Sendable (JinjaValue, JinjaArguments, JinjaPosition) throws -> Bool

  /// jinja2 has them, this interpreter does not.
  static let missing: Set<String> = ["escaped"]

  static let all: [String: Test] = kinds.merging(comparisons) { $1 }.merging(names) { $1 }

  private static let kinds: [String: Test] = [
    "defined": { value, _, _ in !value.isUndefined },
    "undefined": { value, _, _ in value.isUndefined },
    "none": { value, _, _ in if case .none = value { true } else { false } },
    "boolean": { value, _, _ in if case .bool = value { true } else { false } },
    "true": { value, _, _ in if case .bool(true) = value { true } else { false } },
    "false": { value, _, _ in if case .bool(false) = value { true } else { false } },
    "integer": { value, _, _ in if case .int = value { true } else { false } },
    "float": { value, _, _ in if case .double = value { true } else { false } },
    "number": { value, _, _ in value.number != nil },
    "string": { value, _, _ in if case .text = value { true } else { false } },
    "mapping": { value, _, _ in if case .dictionary = value { true } else { false } },
    // Calling an undefined value raises, for which it has a method.
    "callable": { value, _, _ in
      switch value {
      case .function, .undefined: true
      default: false
      }
    },
    "iterable": { value, _, _ in
      switch value {
      case .none, .bool, .int, .double, .namespace, .function: false
      default: true
      }
    },
    "sequence": { value, _, _ in
      switch value {
      case .text, .list, .tuple, .dictionary, .lazy(_, .range), .undefined: true
      default: false
      }
    },
  ]

  private static let comparisons: [String: Test] = {
    var tests: [String: Test] = [:]
    let marks = [
      "==": ["==", "eq", "equalto"], "!=": ["!=", "ne"], ">": [">", "gt", "greaterthan"], ">=": [">=", "ge"],
      "<": ["<", "lt", "lessthan"], "<=": ["<=", "le"], "in": ["in"],
    ]
    for (mark, names) in marks {
      for name in names {
        tests[name] = { try JinjaOrder.compare(mark, $0, try argument(name, $1, $2), $2) }
      }
    }
    // Python's `is`: of the values that templates have, those of one kind that are equal.
    tests["sameas"] = { value, arguments, at in
      let other = try argument("sameas", arguments, at)
      return value.kind == other.kind && value == other
    }
    return tests
  }()

  private static let names: [String: Test] = [
    "odd": { value, _, at in try remainder(value, .int(2), at) == .int(1) },
    "even": { value, _, at in try remainder(value, .int(2), at) == .int(0) },
    "divisibleby": { try remainder($0, try argument("divisibleby", $1, $2), $2) == .int(0) },
    "lower": { value, _, at in try JinjaPrinter.text(value, at).isAll(upper: false) },
    "upper": { value, _, at in try JinjaPrinter.text(value, at).isAll(upper: true) },
    "filter": { value, _, at in JinjaFilters.all[try JinjaPrinter.text(value, at).string] != nil },
    "test": { value, _, at in isName(try JinjaPrinter.text(value, at).string) },
  ]

  /// Whether a test asks for a value's kind alone.
  static func isKind(_ name: String) -> Bool { kinds[name] != nil }

  private static func isName(_ name: String) -> Bool {
    kinds[name] != nil || comparisons[name] != nil
      || ["odd", "even", "divisibleby", "lower", "upper", "filter", "test"].contains(name)
  }

  private static func argument(
    _ name: String, _ arguments: JinjaArguments, _ at: JinjaPosition
  ) throws -> JinjaValue {
    guard let value = arguments.positional.first ?? arguments.named.first?.value else {
      throw JinjaError.wrong("the test '\(name)' needs a value to compare with", at)
    }
    return value
  }

  private static func remainder(_ value: JinjaValue, _ divisor: JinjaValue, _ at: JinjaPosition) throws
    -> JinjaValue
  {
    guard value.number != nil else { throw JinjaError.kind("a test of divisibility", "a number", value, at) }
    guard divisor.number != nil else { throw JinjaError.kind("divisibleby", "a number", divisor, at) }
    return try JinjaArithmetic.numbers("%", value, divisor, at)
  }
}
