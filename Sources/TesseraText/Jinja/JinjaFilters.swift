/// The filters behind `|`: the table, and those of texts and numbers.
enum JinjaFilters {
  typealias Filter = @Sendable (JinjaRenderer, JinjaValue, JinjaArguments, JinjaPosition) throws -> JinjaValue

  /// jinja2 has them, this interpreter does not.
  static let missing: Set<String> = [
    "filesizeformat", "forceescape", "format", "groupby", "pprint", "random", "striptags", "truncate",
    "urlencode",
    "urlize", "wordwrap", "xmlattr", "slice",
  ]

  static let all: [String: Filter] = texts.merging(values) { $1 }.merging(sequences) { $1 }

  private static let texts: [String: Filter] = [
    "upper": { _, value, _, at in .text(try text(value, at).uppercased) },
    "lower": { _, value, _, at in .text(try text(value, at).lowercased) },
    "capitalize": { _, value, _, at in .text(try text(value, at).capitalized) },
    "title": { _, value, _, at in .text(try text(value, at).titledByFilter) },
    "string": { _, value, _, at in .text(try text(value, at)) },
    "safe": { _, value, _, at in .text(try text(value, at)) },
    "trim": { _, value, arguments, at in
      let set = try arguments.value(0, "chars").flatMap { try optionalText($0, at) }
      return .text(try text(value, at).stripped(set))
    },
    "replace": { renderer, value, arguments, at in
      let (text, old) = (try text(value, at), try text(try needed("replace", arguments, 0, "old", at), at))
      let new = try JinjaFilters.text(try needed("replace", arguments, 1, "new", at), at)
      let limit = try whole(arguments.value(2, "count"), -1, at)
      return .text(try JinjaMethods.replace(text, old, new, limit, renderer, at))
    },
    "escape": { renderer, value, _, at in .text(try escaped(value, at)) },
    "e": { renderer, value, _, at in .text(try escaped(value, at)) },
    "indent": { renderer, value, arguments, at in try indented(renderer, value, arguments, at) },
    "center": { renderer, value, arguments, at in
      let width = try whole(arguments.value(0, "width"), 80, at)
      return .text(try JinjaMethods.padded(try text(value, at), width, " ", .center, renderer, at))
    },
    "wordcount": { _, value, _, at in .int(words(try text(value, at))) },
    "tojson": { _, value, arguments, at in try json(value, arguments, at) },
  ]

  private static let values: [String: Filter] = [
    "default": { _, value, arguments, _ in defaulted(value, arguments) },
    "d": { _, value, arguments, _ in defaulted(value, arguments) },
    "int": { _, value, arguments, at in try JinjaNumbers.int(value, arguments, at) },
    "float": { _, value, arguments, at in try JinjaNumbers.float(value, arguments, at) },
    "abs": { _, value, _, at in
      if let whole = value.whole {
        guard whole != .min else { throw JinjaError.unsupported("a whole number beyond 64 bits", at) }
        return .int(abs(whole))
      }
      guard let number = value.number else { throw JinjaError.kind("abs", "a number", value, at) }
      return .double(abs(number))
    },
    "round": { _, value, arguments, at in try JinjaNumbers.round(value, arguments, at) },
    "attr": { renderer, value, arguments, at in
      let name = try text(try needed("attr", arguments, 0, "name", at), at).string
      // Attributes alone: the members of a dictionary are none.
      if case .dictionary = value {
        return try JinjaMethods.method(of: value, name, at).map { .function($0) } ?? .undefined(name: name)
      }
      return try renderer.attribute(value, name, at)
    },
  ]

  // MARK: helpers

  static func text(_ value: JinjaValue, _ at: JinjaPosition) throws -> JinjaText {
    try JinjaPrinter.text(value, at)
  }

  private static func optionalText(_ value: JinjaValue, _ at: JinjaPosition) throws -> JinjaText? {
    if case .none = value { return nil }
    guard case .text(let text) = value else { throw JinjaError.kind("trim", "a string", value, at) }
    return text
  }

  static func needed(
    _ filter: String, _ arguments: JinjaArguments, _ index: Int, _ name: String, _ at: JinjaPosition
  ) throws -> JinjaValue {
    guard let value = arguments.value(index, name) else {
      throw JinjaError.wrong("'\(filter)' needs the argument '\(name)'", at)
    }
    return value
  }

  static func whole(_ value: JinjaValue?, _ otherwise: Int, _ at: JinjaPosition) throws -> Int {
    guard let value else { return otherwise }
    if case .none = value { return otherwise }
    guard let number = value.whole else { throw JinjaError.kind("an argument", "a whole number", value, at) }
    return number
  }

  private static func defaulted(_ value: JinjaValue, _ arguments: JinjaArguments) -> JinjaValue {
    let isFalseEnough = arguments.value(1, "boolean")?.isTrue == true && !value.isTrue
    return value.isUndefined || isFalseEnough ? arguments.value(0, "default_value") ?? .text("") : value
  }

  private static func escaped(_ value: JinjaValue, _ at: JinjaPosition) throws -> JinjaText {
    let names: [Unicode.Scalar: String] = [
      "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&#34;", "'": "&#39;",
    ]
    return JinjaText(
      try text(value, at).scalars.flatMap { scalar in
        names[scalar].map { Array($0.unicodeScalars) } ?? [scalar]
      })
  }

  /// Runs of letters, digits and underscores, as the expression `\w+` finds them.
  private static func words(_ text: JinjaText) -> Int {
    text.scalars.split { scalar in
      switch scalar.properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
        .decimalNumber,
        .letterNumber, .otherNumber:
        false
      default: scalar != "_"
      }
    }.count
  }

  private static func indented(
    _ renderer: JinjaRenderer, _ value: JinjaValue, _ arguments: JinjaArguments, _ at: JinjaPosition
  ) throws -> JinjaValue {
    guard case .text(let text) = value else { throw JinjaError.kind("indent", "a string", value, at) }
    var indent = JinjaText("    ")
    if case .text(let text)? = arguments.value(0, "width") {
      indent = text
    } else {
      let width = max(0, try whole(arguments.value(0, "width"), 4, at))
      try renderer.spend(width, at)
      indent = JinjaText(Array(repeating: " ", count: width))
    }
    let (first, blank) = (
      arguments.value(1, "first")?.isTrue == true, arguments.value(2, "blank")?.isTrue == true
    )
    // With a line's end added, which splits off no line of its own, as jinja2 has it.
    let lines = (text + "\n").lines()
    let (size, overflow) = lines.count.multipliedReportingOverflow(by: indent.count)
    try renderer.spend(overflow ? .max : size, at)
    var out = first ? indent.scalars : []
    for (index, line) in lines.enumerated() {
      if index > 0 {
        out.append("\n")
        if blank || !line.isEmpty { out += indent.scalars }
      }
      out += line.scalars
    }
    return .text(JinjaText(out))
  }

  private static func json(
    _ value: JinjaValue, _ arguments: JinjaArguments, _ at: JinjaPosition
  ) throws -> JinjaValue {
    var writer = JinjaJSON(at: at)
    writer.asciiOnly = arguments.value(0, "ensure_ascii")?.isTrue == true
    switch arguments.value(1, "indent") {
    case nil, JinjaValue.none?: break
    case .text(let text)?: writer.indent = text
    case let width?:
      writer.indent = JinjaText(String(repeating: " ", count: min(max(0, try whole(width, 0, at)), 1000)))
    }
    // json.dumps: with an indent, no blank stands before a line's end.
    if writer.indent != nil { writer.itemSeparator = "," }
    if let separators = arguments.value(2, "separators"), !JinjaTests.isNone(separators) {
      let parts = try JinjaOrder.items(separators, at)
      guard parts.count == 2 else { throw JinjaError.kind("tojson", "two separators", separators, at) }
      writer.itemSeparator = try text(parts[0], at)
      writer.keySeparator = try text(parts[1], at)
    }
    writer.sortsKeys = arguments.value(3, "sort_keys")?.isTrue == true
    return .text(try writer.text(value))
  }
}

extension JinjaTests {
  static func isNone(_ value: JinjaValue) -> Bool { if case .none = value { true } else { false } }
}
