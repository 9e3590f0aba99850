/// Expressions, in jinja2's order of binding: `if`, `or`, `and`, `not`, comparisons, `+ -`, `~`, `* / // %`, `**`,
/// signs, then members, calls, filters and tests.
extension JinjaParser {
  /// `a, b` is a tuple without brackets where one may stand.
  mutating func tuple(allowsConditional: Bool = true, endingAt ends: [String] = []) throws -> JinjaExpression
  {
    let at = current.at
    var items: [JinjaExpression] = []
    var isTuple = false
    while true {
      if !items.isEmpty, endsTuple(ends) { break }
      items.append(try allowsConditional ? expression() : or())
      guard skip(mark: ",") else { break }
      isTuple = true
    }
    return isTuple ? JinjaExpression(kind: .tuple(items), at: at) : items[0]
  }

  private func endsTuple(_ ends: [String]) -> Bool {
    if case .name(let name) = current.kind { return ends.contains(name) }
    return isMark(")") || current.kind == .variableEnd || current.kind == .blockEnd
  }

  mutating func expression() throws -> JinjaExpression {
    try nested { parser in
      var value = try parser.or()
      var count = 0
      while parser.isName("if") {
        try parser.checkChain(&count)
        parser.index += 1
        let test = try parser.or()
        let otherwise = parser.skip(name: "else") ? try parser.expression() : nil
        value = JinjaExpression(kind: .conditional(value, test: test, otherwise: otherwise), at: value.at)
      }
      return value
    }
  }

  /// Long chains are deep trees.
  func checkChain(_ count: inout Int) throws {
    count += 1
    guard count < JinjaLimits.nesting else {
      throw JinjaError.limit("operators in a row", JinjaLimits.nesting, found: count, current.at)
    }
  }

  mutating func or() throws -> JinjaExpression {
    var (left, count) = (try and(), 0)
    while skip(name: "or") {
      try checkChain(&count)
      left = JinjaExpression(kind: .or(left, try and()), at: left.at)
    }
    return left
  }

  private mutating func and() throws -> JinjaExpression {
    var (left, count) = (try not(), 0)
    while skip(name: "and") {
      try checkChain(&count)
      left = JinjaExpression(kind: .and(left, try not()), at: left.at)
    }
    return left
  }

  private mutating func not() throws -> JinjaExpression {
    let at = current.at
    guard skip(name: "not") else { return try comparison() }
    return JinjaExpression(kind: .not(try nested { try $0.not() }), at: at)
  }

  private mutating func comparison() throws -> JinjaExpression {
    let left = try sum()
    var links: [(mark: String, JinjaExpression)] = []
    while true {
      if case .mark(let mark) = current.kind, ["==", "!=", "<", ">", "<=", ">="].contains(mark) {
        index += 1
        links.append((mark, try sum()))
      } else if skip(name: "in") {
        links.append(("in", try sum()))
      } else if isName("not"), index + 1 < tokens.count, tokens[index + 1].kind == .name("in") {
        index += 2
        links.append(("not in", try sum()))
      } else {
        return links.isEmpty ? left : JinjaExpression(kind: .comparison(left, links), at: left.at)
      }
    }
  }

  /// Operators of one strength, from left to right.
  private mutating func chain(
    _ marks: [String], _ part: (inout JinjaParser) throws -> JinjaExpression
  ) throws -> JinjaExpression {
    var (left, count) = (try part(&self), 0)
    while case .mark(let mark) = current.kind, marks.contains(mark) {
      try checkChain(&count)
      let at = current.at
      index += 1
      left = JinjaExpression(kind: .binary(mark, left, try part(&self)), at: at)
    }
    return left
  }

  private mutating func sum() throws -> JinjaExpression { try chain(["+", "-"]) { try $0.concatenation() } }

  private mutating func concatenation() throws -> JinjaExpression {
    var parts = [try product()]
    while skip(mark: "~") { parts.append(try product()) }
    return parts.count == 1 ? parts[0] : JinjaExpression(kind: .concatenation(parts), at: parts[0].at)
  }

  private mutating func product() throws -> JinjaExpression {
    try chain(["*", "/", "//", "%"]) { try $0.chain(["**"]) { try $0.unary() } }
  }

  private mutating func unary(filtered: Bool = true) throws -> JinjaExpression {
    let at = current.at
    var value: JinjaExpression
    if isMark("-") || isMark("+") {
      let mark = isMark("-") ? "-" : "+"
      index += 1
      value = JinjaExpression(kind: .unary(mark, try nested { try $0.unary(filtered: false) }), at: at)
    } else {
      value = try primary()
    }
    value = try postfix(value)
    return filtered ? try filters(value) : value
  }

  private mutating func primary() throws -> JinjaExpression {
    let at = current.at
    func constant(_ value: JinjaValue) -> JinjaExpression { JinjaExpression(kind: .constant(value), at: at) }
    switch current.kind {
    case .name(let name):
      index += 1
      switch name {
      case "true", "True": return constant(.bool(true))
      case "false", "False": return constant(.bool(false))
      case "none", "None": return constant(.none)
      default: return JinjaExpression(kind: .name(name), at: at)
      }
    case .string(var text):
      index += 1
      while case .string(let next) = current.kind {
        text += next
        index += 1
      }
      return constant(.text(text))
    case .int(let value):
      index += 1
      return constant(.int(value))
    case .double(let value):
      index += 1
      return constant(.double(value))
    case .mark("("):
      index += 1
      if skip(mark: ")") { return JinjaExpression(kind: .tuple([]), at: at) }
      let value = try tuple()
      try expect(mark: ")")
      return value
    case .mark("["):
      index += 1
      return JinjaExpression(kind: .list(try items(until: "]")), at: at)
    case .mark("{"):
      index += 1
      return JinjaExpression(kind: .dictionary(try pairs()), at: at)
    default: throw unexpected("an expression")
    }
  }

  private mutating func items(until end: String) throws -> [JinjaExpression] {
    var items: [JinjaExpression] = []
    while !isMark(end) {
      if !items.isEmpty { try expect(mark: ",") }
      if isMark(end) { break }
      items.append(try expression())
    }
    try expect(mark: end)
    return items
  }

  private mutating func pairs() throws -> [(key: JinjaExpression, value: JinjaExpression)] {
    var pairs: [(key: JinjaExpression, value: JinjaExpression)] = []
    while !isMark("}") {
      if !pairs.isEmpty { try expect(mark: ",") }
      if isMark("}") { break }
      let key = try expression()
      try expect(mark: ":")
      pairs.append((key, try expression()))
    }
    try expect(mark: "}")
    return pairs
  }

  // MARK: members, calls, filters, tests

  private mutating func postfix(_ base: JinjaExpression) throws -> JinjaExpression {
    var (value, count) = (base, 0)
    while true {
      let at = current.at
      if skip(mark: ".") {
        if case .int(let place) = current.kind {
          index += 1
          let key = JinjaExpression(kind: .constant(.int(place)), at: at)
          value = JinjaExpression(kind: .item(value, key), at: at)
        } else {
          value = JinjaExpression(kind: .attribute(value, try name()), at: at)
        }
      } else if skip(mark: "[") {
        value = try subscripted(value, at)
      } else if isMark("(") {
        value = JinjaExpression(kind: .call(value, try call()), at: at)
      } else {
        return value
      }
      try checkChain(&count)
    }
  }

  private mutating func subscripted(_ base: JinjaExpression, _ at: JinjaPosition) throws -> JinjaExpression {
    var start: JinjaExpression?
    if !isMark(":") {
      let key = try expression()
      if isMark(",") { throw JinjaError.unsupported("a subscript with several parts", current.at) }
      if skip(mark: "]") { return JinjaExpression(kind: .item(base, key), at: at) }
      start = key
    }
    try expect(mark: ":")
    let stop = isMark("]") || isMark(":") ? nil : try expression()
    let step = skip(mark: ":") && !isMark("]") ? try expression() : nil
    try expect(mark: "]")
    return JinjaExpression(kind: .slice(base, start: start, stop: stop, step: step), at: at)
  }

  private mutating func call() throws -> JinjaCall {
    try nested { try $0.callHere() }
  }

  private mutating func callHere() throws -> JinjaCall {
    var call = JinjaCall()
    var isFirst = true
    try expect(mark: "(")
    while !isMark(")") {
      if !isFirst { try expect(mark: ",") }
      isFirst = false
      if isMark(")") { break }
      if skip(mark: "*") {
        call.list = try expression()
      } else if skip(mark: "**") {
        call.dictionary = try expression()
      } else if case .name(let name) = current.kind, tokens[index + 1].kind == .mark("=") {
        index += 2
        call.named.append((name, try expression()))
      } else {
        guard call.named.isEmpty, call.dictionary == nil else {
          throw unexpected("an argument with a name, as the one before it has")
        }
        call.positional.append(try expression())
      }
    }
    try expect(mark: ")")
    return call
  }

  private mutating func filters(_ base: JinjaExpression) throws -> JinjaExpression {
    var (value, count) = (base, 0)
    while true {
      let at = current.at
      if skip(mark: "|") {
        value = try filter(value)
      } else if skip(name: "is") {
        value = try test(value, at)
      } else if isMark("(") {
        value = JinjaExpression(kind: .call(value, try call()), at: at)
      } else {
        return value
      }
      try checkChain(&count)
    }
  }

  /// `name | other(…)`, applied to `base`.
  mutating func filterChain(from base: JinjaExpression) throws -> JinjaExpression {
    var (value, count) = (try filter(base), 0)
    while skip(mark: "|") {
      try checkChain(&count)
      value = try filter(value)
    }
    return value
  }

  private mutating func filter(_ base: JinjaExpression) throws -> JinjaExpression {
    let at = current.at
    let name = try name()
    guard JinjaFilters.all[name] != nil else {
      if JinjaFilters.missing.contains(name) { throw JinjaError.unsupported("the filter '\(name)'", at) }
      throw JinjaError.wrong("there is no filter '\(name)'", at)
    }
    return JinjaExpression(kind: .filter(base, name, isMark("(") ? try call() : JinjaCall()), at: at)
  }

  private mutating func test(_ base: JinjaExpression, _ at: JinjaPosition) throws -> JinjaExpression {
    let isNegated = skip(name: "not")
    let name = try name()
    guard JinjaTests.all[name] != nil else {
      if JinjaTests.missing.contains(name) { throw JinjaError.unsupported("the test '\(name)'", at) }
      throw JinjaError.wrong("there is no test '\(name)'", at)
    }
    var arguments = JinjaCall()
    if isMark("(") {
      arguments = try call()
    } else if startsArgument {
      if isName("is") { throw JinjaError.wrong("tests with 'is' cannot stand in a row", current.at) }
      arguments.positional = [try nested { try $0.postfix(try $0.primary()) }]
    }
    let value = JinjaExpression(kind: .test(base, name, arguments), at: at)
    return isNegated ? JinjaExpression(kind: .not(value), at: at) : value
  }

  /// Whether an argument of a test follows without brackets.
  private var startsArgument: Bool {
    switch current.kind {
    case .name(let name): !["else", "or", "and"].contains(name)
    case .string, .int, .double, .mark("["), .mark("{"): true
    default: false
    }
  }
}
