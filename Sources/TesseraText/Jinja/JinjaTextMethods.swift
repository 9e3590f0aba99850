/// The methods of Python's `str`.
enum JinjaTextMethods {
  struct Call {
    let text: JinjaText
    let arguments: JinjaArguments
    let renderer: JinjaRenderer
    let at: JinjaPosition

    /// An argument that is a string, or none.
    func text(_ index: Int, _ name: String) throws -> JinjaText? {
      guard let value = arguments.value(index, name), !JinjaTests.isNone(value) else { return nil }
      guard case .text(let text) = value else {
        throw JinjaError.kind("a method of a string", "a string", value, at)
      }
      return text
    }

    func needed(_ method: String) throws -> JinjaText {
      guard let text = try text(0, "sub") else { throw JinjaError.wrong("'\(method)' needs a string", at) }
      return text
    }

    func whole(_ index: Int, _ name: String, _ otherwise: Int) throws -> Int {
      try JinjaFilters.whole(arguments.value(index, name), otherwise, at)
    }
  }

  typealias Method = @Sendable (Call) throws -> JinjaValue

  static let all: [String: Method] = shaping.merging(searching) { $1 }.merging(splitting) { $1 }

  private static let shaping: [String: Method] = [
    "strip": { .text($0.text.stripped(try $0.text(0, "chars"))) },
    "lstrip": { .text($0.text.stripped(try $0.text(0, "chars"), right: false)) },
    "rstrip": { .text($0.text.stripped(try $0.text(0, "chars"), left: false)) },
    "upper": { .text($0.text.uppercased) },
    "lower": { .text($0.text.lowercased) },
    "title": { .text($0.text.titled) },
    "capitalize": { .text($0.text.capitalized) },
    "replace": { call in
      guard let old = try call.text(0, "old"), let new = try call.text(1, "new") else {
        throw JinjaError.wrong("'replace' needs two strings", call.at)
      }
      return .text(
        try JinjaMethods.replace(call.text, old, new, try call.whole(2, "count", -1), call.renderer, call.at))
    },
    "removeprefix": { call in
      let part = try call.needed("removeprefix")
      return .text(call.text.hasPrefix(part) ? JinjaText(call.text.scalars.dropFirst(part.count)) : call.text)
    },
    "removesuffix": { call in
      let part = try call.needed("removesuffix")
      return .text(call.text.hasSuffix(part) ? JinjaText(call.text.scalars.dropLast(part.count)) : call.text)
    },
    "ljust": { try padded($0, .right) },
    "rjust": { try padded($0, .left) },
    "center": { try padded($0, .center) },
    "zfill": { call in
      let sign = call.text.scalars.first.flatMap { $0 == "+" || $0 == "-" ? $0 : nil }
      let body = JinjaText(call.text.scalars.dropFirst(sign == nil ? 0 : 1))
      let width = try call.whole(0, "width", 0)
      let filled = try JinjaMethods.padded(
        body, sign == nil ? width : max(0, width) - 1, "0", .left, call.renderer, call.at)
      return .text(JinjaText((sign.map { [$0] } ?? []) + filled.scalars))
    },
  ]

  private static func padded(_ call: Call, _ side: JinjaMethods.Side) throws -> JinjaValue {
    let fill = try call.text(1, "fillchar") ?? " "
    guard fill.count == 1 else { throw JinjaError.wrong("the filling must be one character", call.at) }
    let width = try call.whole(0, "width", 0)
    return .text(try JinjaMethods.padded(call.text, width, fill.scalars[0], side, call.renderer, call.at))
  }

  private static let searching: [String: Method] = [
    "startswith": { .bool(try isAtEdge($0) { $0.hasPrefix($1) }) },
    "endswith": { .bool(try isAtEdge($0) { $0.hasSuffix($1) }) },
    "find": { .int(try found($0, "find") ?? -1) },
    "rfind": { call in .int(call.text.findLast(try call.needed("rfind")) ?? -1) },
    "index": { call in
      guard let place = try found(call, "index") else {
        throw JinjaError.wrong("the part is not in the string", call.at)
      }
      return .int(place)
    },
    "count": { call in
      let part = try call.needed("count")
      return .int(part.isEmpty ? call.text.count + 1 : call.text.split(part).count - 1)
    },
    "isdigit": {
      .bool(isAll($0.text) { $0.properties.numericType == .decimal || $0.properties.numericType == .digit })
    },
    "isdecimal": { .bool(isAll($0.text) { $0.properties.numericType == .decimal }) },
    "isnumeric": { .bool(isAll($0.text) { $0.properties.numericType != nil }) },
    "isalpha": { .bool(isAll($0.text, isLetter)) },
    "isalnum": { .bool(isAll($0.text) { isLetter($0) || $0.properties.numericType != nil }) },
    "isspace": { .bool(isAll($0.text, JinjaText.isSpace)) },
    "isupper": { .bool($0.text.isAll(upper: true)) },
    "islower": { .bool($0.text.isAll(upper: false)) },
    "isascii": { .bool($0.text.scalars.allSatisfy(\.isASCII)) },
  ]

  private static func isAll(_ text: JinjaText, _ test: (Unicode.Scalar) -> Bool) -> Bool {
    !text.isEmpty && text.scalars.allSatisfy(test)
  }

  @Sendable private static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: true
    default: false
    }
  }

  private static func found(_ call: Call, _ name: String) throws -> Int? {
    let start = try call.whole(1, "start", 0)
    if call.arguments.positional.count > 2 { throw JinjaError.unsupported("'\(name)' with an end", call.at) }
    let first = start < 0 ? max(0, start + call.text.count) : start
    return first > call.text.count ? nil : call.text.find(try call.needed(name), from: first)
  }

  /// One string, or a tuple of which any counts.
  private static func isAtEdge(_ call: Call, _ test: (JinjaText, JinjaText) -> Bool) throws -> Bool {
    if call.arguments.positional.count > 1 {
      throw JinjaError.unsupported("'startswith' or 'endswith' with places", call.at)
    }
    if case .tuple(let options)? = call.arguments.positional.first {
      return try options.contains { option in
        guard case .text(let part) = option else {
          throw JinjaError.kind("startswith or endswith", "strings", option, call.at)
        }
        return test(call.text, part)
      }
    }
    return test(call.text, try call.needed("startswith or endswith"))
  }

  private static let splitting: [String: Method] = [
    "split": { call in
      let limit = try call.whole(1, "maxsplit", -1)
      guard let separator = try separator(call) else {
        return list(call.text.splitAtSpace(limit: limit < 0 ? .max : limit))
      }
      return list(call.text.split(separator, limit: limit < 0 ? .max : limit))
    },
    "rsplit": { call in
      let limit = try call.whole(1, "maxsplit", -1)
      guard let separator = try separator(call) else {
        guard limit < 0 else { throw JinjaError.unsupported("'rsplit' at white space with a limit", call.at) }
        return list(call.text.splitAtSpace())
      }
      return list(call.text.splitFromEnd(separator, limit: limit < 0 ? .max : limit))
    },
    "splitlines": { list($0.text.lines(keepingEnds: $0.arguments.value(0, "keepends")?.isTrue == true)) },
    "partition": { call in
      let part = try nonempty(call, "partition")
      let pieces = call.text.split(part, limit: 1)
      return tuple(pieces.count > 1 ? [pieces[0], part, pieces[1]] : [call.text, "", ""])
    },
    "rpartition": { call in
      let part = try nonempty(call, "rpartition")
      let pieces = call.text.splitFromEnd(part, limit: 1)
      return tuple(pieces.count > 1 ? [pieces[0], part, pieces[1]] : ["", "", call.text])
    },
    "join": { call in
      let parts = try JinjaOrder.items(
        try JinjaFilters.needed("join", call.arguments, 0, "iterable", call.at), call.at)
      let texts = try parts.map { part -> JinjaText in
        guard case .text(let text) = part else { throw JinjaError.kind("join", "strings", part, call.at) }
        return text
      }
      return .text(try JinjaFilters.joined(texts, call.text, call.renderer, call.at))
    },
  ]

  private static func list(_ parts: [JinjaText]) -> JinjaValue { .list(parts.map { .text($0) }) }
  private static func tuple(_ parts: [JinjaText]) -> JinjaValue { .tuple(parts.map { .text($0) }) }

  private static func nonempty(_ call: Call, _ name: String) throws -> JinjaText {
    let part = try call.needed(name)
    guard !part.isEmpty else { throw JinjaError.wrong("an empty separator", call.at) }
    return part
  }

  private static func separator(_ call: Call) throws -> JinjaText? {
    let separator = try call.text(0, "sep")
    if separator?.isEmpty == true { throw JinjaError.wrong("an empty separator", call.at) }
    return separator
  }
}
