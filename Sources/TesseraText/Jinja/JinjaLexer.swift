/// Cuts a template into tokens as jinja2's lexer with `trim_blocks` and `lstrip_blocks` and without
/// `keep_trailing_newline`, which is how transformers runs it.
struct JinjaLexer {
  let source: [Unicode.Scalar]
  var index = 0
  var tokens: [JinjaToken] = []
  /// Whether the text that follows starts a line.
  private var startsLine = true
  private var line = 1
  private var lineStart = 0
  private var counted = 0

  /// The tokens of a template, the last of which is `end`.
  static func tokens(_ template: String) throws -> [JinjaToken] {
    var lexer = JinjaLexer(source: normalized(template))
    try lexer.run()
    return lexer.tokens
  }

  private init(source: [Unicode.Scalar]) { self.source = source }

  /// All ends of lines become "\n", and one at the very end goes.
  private static func normalized(_ template: String) -> [Unicode.Scalar] {
    var out: [Unicode.Scalar] = []
    var previous: Unicode.Scalar?
    for scalar in template.unicodeScalars {
      if scalar == "\r" { out.append("\n") } else if scalar != "\n" || previous != "\r" { out.append(scalar) }
      previous = scalar
    }
    if out.last == "\n" { out.removeLast() }
    return out
  }

  /// The place of a scalar; asked for in rising order.
  mutating func position(_ index: Int) -> JinjaPosition {
    while counted < index {
      if source[counted] == "\n" {
        line += 1
        lineStart = counted + 1
      }
      counted += 1
    }
    return JinjaPosition(line: line, column: index - lineStart + 1)
  }

  func has(_ text: StaticString, at index: Int) -> Bool {
    let length = text.utf8CodeUnitCount
    guard index + length <= source.count else { return false }
    return (0..<length).allSatisfy { source[index + $0].value == UInt32(text.utf8Start[$0]) }
  }

  mutating func add(_ kind: JinjaToken.Kind, at index: Int) {
    tokens.append(JinjaToken(kind: kind, at: position(index)))
  }

  // MARK: text and tags

  private mutating func run() throws {
    while index < source.count {
      let start = index
      while index < source.count, !has("{{", at: index), !has("{%", at: index), !has("{#", at: index) {
        index += 1
      }
      let open = index
      guard open < source.count else {
        addData(start..<open)
        break
      }
      let isVariable = has("{{", at: open)
      var after = open + 2
      var sign: Unicode.Scalar?
      if after < source.count, source[after] == "-" || source[after] == "+" {
        sign = source[after]
        after += 1
      }
      addData(start..<dataEnd(start..<open, sign: sign, isVariable: isVariable))
      if has("{#", at: open) {
        try comment(open, after)
      } else if !isVariable, let body = rawBody(after) {
        try raw(open, body)
      } else {
        add(isVariable ? .variableBegin : .blockBegin, at: open)
        index = after
        try inside(isVariable: isVariable, open: open)
      }
      startsLine = index > 0 && source[index - 1] == "\n"
    }
    add(.end, at: source.count)
  }

  private mutating func addData(_ range: Range<Int>) {
    if !range.isEmpty { add(.data(JinjaText(source[range])), at: range.lowerBound) }
  }

  /// Where the text before a tag ends: `-` takes all white space away, a block tag that of its line.
  private func dataEnd(_ range: Range<Int>, sign: Unicode.Scalar?, isVariable: Bool) -> Int {
    var end = range.upperBound
    if sign == "-" {
      while end > range.lowerBound, JinjaText.isSpace(source[end - 1]) { end -= 1 }
      return end
    }
    guard sign != "+", !isVariable else { return end }
    let lastBreak = source[range].lastIndex(of: "\n")
    guard lastBreak != nil || startsLine else { return end }
    let lineStart = lastBreak.map { $0 + 1 } ?? range.lowerBound
    return source[lineStart..<end].allSatisfy(JinjaText.isSpace) ? lineStart : end
  }

  private func skippingSpace(_ start: Int) -> Int {
    var index = start
    while index < source.count, JinjaText.isSpace(source[index]) { index += 1 }
    return index
  }

  /// Where it goes on after a tag whose end stands at `start`; nil if none does.
  private func tagEnd(_ start: Int, _ close: StaticString, trims: Bool = true, allowsPlus: Bool = true)
    -> Int?
  {
    if has("-", at: start), has(close, at: start + 1) { return skippingSpace(start + 3) }
    if allowsPlus, has("+", at: start), has(close, at: start + 1) { return start + 3 }
    guard has(close, at: start) else { return nil }
    return trims && has("\n", at: start + 2) ? start + 3 : start + 2
  }

  private mutating func comment(_ open: Int, _ after: Int) throws {
    var place = after
    while place < source.count {
      if let end = tagEnd(place, "#}") {
        index = end
        return
      }
      place += 1
    }
    throw JinjaError.wrong("'{#' has no '#}'", position(open))
  }

  /// Where the text of a raw block begins, if `after` stands behind "{%" of one.
  private func rawBody(_ after: Int) -> Int? {
    let name = skippingSpace(after)
    guard has("raw", at: name) else { return nil }
    return tagEnd(skippingSpace(name + 3), "%}", trims: false, allowsPlus: false)
  }

  private mutating func raw(_ open: Int, _ body: Int) throws {
    startsLine = body > 0 && source[body - 1] == "\n"
    var place = body
    while place < source.count {
      if has("{%", at: place) {
        var after = place + 2
        var sign: Unicode.Scalar?
        if after < source.count, source[after] == "-" || source[after] == "+" {
          sign = source[after]
          after += 1
        }
        let name = skippingSpace(after)
        if has("endraw", at: name), let end = tagEnd(skippingSpace(name + 6), "%}") {
          addData(body..<dataEnd(body..<place, sign: sign, isVariable: false))
          index = end
          return
        }
      }
      place += 1
    }
    throw JinjaError.wrong("{% raw %} has no {% endraw %}", position(open))
  }

  // MARK: inside of a tag

  private mutating func inside(isVariable: Bool, open: Int) throws {
    var brackets: [Unicode.Scalar] = []
    while index < source.count {
      if JinjaText.isSpace(source[index]) {
        index += 1
        continue
      }
      if brackets.isEmpty {
        let end =
          isVariable ? tagEnd(index, "}}", trims: false, allowsPlus: false) : tagEnd(index, "%}")
        if let end {
          add(isVariable ? .variableEnd : .blockEnd, at: index)
          index = end
          return
        }
      }
      try token(&brackets)
    }
    throw JinjaError.wrong(
      "'\(isVariable ? "{{" : "{%")' has no '\(isVariable ? "}}" : "%}")'", position(open))
  }

  private mutating func token(_ brackets: inout [Unicode.Scalar]) throws {
    let (start, scalar) = (index, source[index])
    if scalar == "'" || scalar == "\"" { return try string(scalar) }
    if ("0"..."9").contains(scalar) { return try number() }
    if Self.startsName(scalar) {
      while index < source.count, Self.continuesName(source[index]) { index += 1 }
      return add(.name(JinjaText(source[start..<index]).string), at: start)
    }
    let pairs: [StaticString] = ["//", "**", "==", "!=", ">=", "<="]
    if let pair = pairs.first(where: { has($0, at: start) }) {
      index += 2
      return add(.mark("\(pair)"), at: start)
    }
    guard scalar.isASCII, "+-*/%~[](){}><=.:|,;".unicodeScalars.contains(scalar) else {
      throw JinjaError.wrong("unexpected character '\(scalar)'", position(start))
    }
    let closing: [Unicode.Scalar: Unicode.Scalar] = ["(": ")", "[": "]", "{": "}"]
    if let close = closing[scalar] {
      brackets.append(close)
    } else if closing.values.contains(scalar) {
      guard brackets.popLast() == scalar else {
        throw JinjaError.wrong("unexpected '\(scalar)'", position(start))
      }
    }
    index += 1
    add(.mark(String(scalar)), at: start)
  }

  private static func startsName(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isXIDStart
  }

  private static func continuesName(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_" || scalar.properties.isXIDContinue
  }
}
