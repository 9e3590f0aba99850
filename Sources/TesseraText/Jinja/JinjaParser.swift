/// Makes statements of tokens: the statements' half; expressions are in a file of their own.
struct JinjaParser {
  let tokens: [JinjaToken]
  var index = 0
  var nesting = 0
  private var loops = 0

  static func parse(_ template: String) throws -> [JinjaStatement] {
    var parser = JinjaParser(tokens: try JinjaLexer.tokens(template))
    let body = try parser.statements(until: [])
    guard parser.current.kind == .end else { throw parser.unexpected("the template's end") }
    return body
  }

  private init(tokens: [JinjaToken]) { self.tokens = tokens }

  // MARK: tokens

  var current: JinjaToken { tokens[min(index, tokens.count - 1)] }

  func unexpected(_ expected: String) -> any Error {
    JinjaError.wrong("expected \(expected), found \(current.text)", current.at)
  }

  func isMark(_ mark: String) -> Bool { current.kind == .mark(mark) }
  func isName(_ name: String) -> Bool { current.kind == .name(name) }

  mutating func skip(mark: String) -> Bool {
    guard isMark(mark) else { return false }
    index += 1
    return true
  }

  mutating func skip(name: String) -> Bool {
    guard isName(name) else { return false }
    index += 1
    return true
  }

  mutating func expect(mark: String) throws {
    guard skip(mark: mark) else { throw unexpected("'\(mark)'") }
  }

  mutating func name() throws -> String {
    guard case .name(let name) = current.kind else { throw unexpected("a name") }
    index += 1
    return name
  }

  private mutating func blockEnd() throws {
    guard current.kind == .blockEnd else { throw unexpected("'%}'") }
    index += 1
  }

  /// Runs `body` one level deeper: levels cost stack.
  mutating func nested<T>(_ body: (inout JinjaParser) throws -> T) throws -> T {
    nesting += 1
    defer { nesting -= 1 }
    guard nesting <= JinjaLimits.nesting else {
      throw JinjaError.limit("levels inside of each other", JinjaLimits.nesting, found: nesting, current.at)
    }
    return try body(&self)
  }

  // MARK: statements

  /// Reads up to a tag with one of the names, which it leaves with the reader behind "{%".
  private mutating func statements(until ends: [String]) throws -> [JinjaStatement] {
    try nested { try $0.statementsHere(until: ends) }
  }

  private mutating func statementsHere(until ends: [String]) throws -> [JinjaStatement] {
    var body: [JinjaStatement] = []
    while true {
      let at = current.at
      switch current.kind {
      case .data(let text):
        index += 1
        body.append(JinjaStatement(kind: .text(text), at: at))
      case .variableBegin:
        index += 1
        body.append(JinjaStatement(kind: .output(try tuple()), at: at))
        guard current.kind == .variableEnd else { throw unexpected("'}}'") }
        index += 1
      case .blockBegin:
        index += 1
        if case .name(let name) = current.kind, ends.contains(name) { return body }
        body.append(JinjaStatement(kind: try tag(at), at: at))
        try blockEnd()
      default:
        if let end = ends.last { throw unexpected("{% \(end) %}") }
        return body
      }
    }
  }

  /// The statements up to a tag, which is passed over but for its end.
  private mutating func body(until end: String) throws -> [JinjaStatement] {
    try blockEnd()
    let body = try statements(until: [end])
    index += 1
    return body
  }

  private mutating func tag(_ at: JinjaPosition) throws -> JinjaStatement.Kind {
    let name = try name()
    switch name {
    case "if": return try conditional()
    case "for": return try loop()
    case "set": return try set()
    case "macro": return .macro(try macro(name: try self.name(), end: "endmacro"))
    case "call": return try callBlock()
    case "filter":
      let filters = try filterChain(from: JinjaExpression(kind: .name(Self.bodyName), at: at))
      return .filterBlock(filters, body: try body(until: "endfilter"))
    case "with": return try with()
    case "print": return .output(try tuple())
    case "generation": return .generation(try body(until: "endgeneration"))
    case "break", "continue":
      guard loops > 0 else { throw JinjaError.wrong("{% \(name) %} outside of a loop", at) }
      return name == "break" ? .breakLoop : .continueLoop
    case "block", "extends", "include", "import", "from", "autoescape", "do", "debug", "trans":
      throw JinjaError.unsupported("the tag {% \(name) %}", at)
    default: throw JinjaError.wrong("there is no tag {% \(name) %}", at)
    }
  }

  /// The name under which the filters of a block find its text; no template can write it.
  static let bodyName = " body"

  private mutating func conditional() throws -> JinjaStatement.Kind {
    var branches: [(test: JinjaExpression, body: [JinjaStatement])] = []
    var otherwise: [JinjaStatement] = []
    while true {
      let test = try tuple(allowsConditional: false)
      try blockEnd()
      branches.append((test, try statements(until: ["elif", "else", "endif"])))
      if skip(name: "elif") { continue }
      if skip(name: "else") { otherwise = try body(until: "endif") } else { index += 1 }
      return .conditional(branches, otherwise: otherwise)
    }
  }

  private mutating func loop() throws -> JinjaStatement.Kind {
    let target = try target(allowsMember: false)
    guard skip(name: "in") else { throw unexpected("'in'") }
    let items = try tuple(allowsConditional: false, endingAt: ["recursive", "if"])
    let filter = skip(name: "if") ? try expression() : nil
    if isName("recursive") { throw JinjaError.unsupported("a recursive loop", current.at) }
    try blockEnd()
    loops += 1
    let body = try statements(until: ["endfor", "else"])
    loops -= 1
    var otherwise: [JinjaStatement] = []
    if skip(name: "else") { otherwise = try self.body(until: "endfor") } else { index += 1 }
    return .loop(
      JinjaLoopStatement(target: target, items: items, filter: filter, body: body, otherwise: otherwise))
  }

  private mutating func set() throws -> JinjaStatement.Kind {
    let at = current.at
    let target = try target(allowsMember: true)
    if skip(mark: "=") { return .set(target, try tuple()) }
    var filters: JinjaExpression?
    if skip(mark: "|") {
      filters = try filterChain(from: JinjaExpression(kind: .name(Self.bodyName), at: at))
    }
    return .setBlock(target, filters: filters, body: try body(until: "endset"))
  }

  private mutating func macro(name: String, end: String) throws -> JinjaMacro {
    let parameters = try parameters()
    // A loop around a macro is not one that `break` inside of it could end.
    let outer = loops
    loops = 0
    defer { loops = outer }
    return JinjaMacro(name: name, parameters: parameters, body: try body(until: end))
  }

  private mutating func parameters() throws -> [(name: String, otherwise: JinjaExpression?)] {
    var parameters: [(name: String, otherwise: JinjaExpression?)] = []
    try expect(mark: "(")
    while !isMark(")") {
      if !parameters.isEmpty { try expect(mark: ",") }
      let name = try name()
      if skip(mark: "=") {
        parameters.append((name, try expression()))
      } else if parameters.last?.otherwise != nil {
        throw unexpected("'=': parameters after one with a default value have one too")
      } else {
        parameters.append((name, nil))
      }
    }
    try expect(mark: ")")
    return parameters
  }

  private mutating func callBlock() throws -> JinjaStatement.Kind {
    let parameters = isMark("(") ? try parameters() : []
    let call = try expression()
    guard case .call = call.kind else { throw JinjaError.wrong("{% call %} needs a call", call.at) }
    let outer = loops
    loops = 0
    defer { loops = outer }
    let body = try body(until: "endcall")
    return .callBlock(JinjaMacro(name: "caller", parameters: parameters, body: body), call)
  }

  private mutating func with() throws -> JinjaStatement.Kind {
    var values: [(JinjaTarget, JinjaExpression)] = []
    while current.kind != .blockEnd {
      if !values.isEmpty { try expect(mark: ",") }
      let target = try target(allowsMember: false, single: true)
      try expect(mark: "=")
      values.append((target, try expression()))
    }
    return .with(values, body: try body(until: "endwith"))
  }

  private mutating func target(allowsMember: Bool, single: Bool = false) throws -> JinjaTarget {
    var targets: [JinjaTarget] = []
    var isTuple = false
    repeat {
      if targets.count > 0, isName("in") || isMark("=") || isMark(")") { break }
      if skip(mark: "(") {
        targets.append(try nested { try $0.target(allowsMember: allowsMember) })
        try expect(mark: ")")
      } else {
        let at = current.at
        let name = try name()
        guard !Self.reserved.contains(name) else { throw JinjaError.wrong("cannot assign to '\(name)'", at) }
        targets.append(allowsMember && skip(mark: ".") ? .member(name, try self.name()) : .name(name))
      }
      if single || !isMark(",") { break }
      isTuple = true
    } while skip(mark: ",")
    return isTuple ? .tuple(targets) : targets[0]
  }

  private static let reserved: Set<String> = ["true", "false", "none", "True", "False", "None", "loop"]
}
