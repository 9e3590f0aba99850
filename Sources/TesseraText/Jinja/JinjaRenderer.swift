/// Runs statements and computes expressions for one rendering.
package final class JinjaRenderer {
  let limits: JinjaLimits
  let clock: @Sendable (String) throws -> String
  var out: [Unicode.Scalar] = []
  var generated: [Range<Int>] = []
  /// Whether `{% generation %}` stood inside of a macro or a block, whose text may go anywhere.
  private(set) var hidesGenerated = false
  private var work = 0
  private var depth = 0
  /// How many set blocks, macros and the like the output goes into instead of the text.
  private var captures = 0

  /// Scopes that a macro or a caller holds, which may stand in the scope; namespaces, which may hold themselves.
  private var holders: [JinjaScope] = []
  private var namespaces: [JinjaNamespace] = []

  /// How a run of statements ended.
  enum Flow { case on, breakLoop, continueLoop }

  init(limits: JinjaLimits, clock: @escaping @Sendable (String) throws -> String) {
    self.limits = limits
    self.clock = clock
  }

  // MARK: memory

  func namespace() -> JinjaNamespace {
    let namespace = JinjaNamespace()
    namespaces.append(namespace)
    return namespace
  }

  /// Lets go of what may hold itself.
  func release() {
    for scope in holders { scope.names = [:] }
    for namespace in namespaces { namespace.members = JinjaDictionary() }
  }

  // MARK: limits

  /// Counts steps, scalars and items before they are made.
  func spend(_ amount: Int, _ at: JinjaPosition) throws {
    let (sum, overflow) = work.addingReportingOverflow(amount)
    work = overflow ? .max : sum
    guard work <= limits.work else {
      throw JinjaError.limit("steps, characters and items made", limits.work, found: work, at)
    }
  }

  /// Runs `body` one level deeper.
  func deeper<T>(_ at: JinjaPosition, _ body: () throws -> T) throws -> T {
    depth += 1
    defer { depth -= 1 }
    guard depth <= limits.depth else {
      throw JinjaError.limit("levels while running", limits.depth, found: depth, at)
    }
    return try body()
  }

  // MARK: statements

  func run(_ statements: [JinjaStatement], _ scope: JinjaScope) throws -> Flow {
    for statement in statements {
      let flow = try run(statement, scope)
      if flow != .on { return flow }
    }
    return .on
  }

  private func run(_ statement: JinjaStatement, _ scope: JinjaScope) throws -> Flow {
    let at = statement.at
    try spend(1, at)
    return try deeper(at) {
      switch statement.kind {
      case .text(let text): try emit(text, at)
      case .output(let expression): try emit(try JinjaPrinter.text(try evaluate(expression, scope), at), at)
      case .conditional(let branches, let otherwise):
        for branch in branches where try evaluate(branch.test, scope).isTrue {
          return try run(branch.body, scope)
        }
        return try run(otherwise, scope)
      case .loop(let loop): return try run(loop, scope, at)
      case .set(let target, let value): try assign(target, try evaluate(value, scope), scope, at)
      case .breakLoop: return .breakLoop
      case .continueLoop: return .continueLoop
      default: try runBlock(statement, scope)
      }
      return .on
    }
  }

  /// The statements that have a scope of their own.
  private func runBlock(_ statement: JinjaStatement, _ scope: JinjaScope) throws {
    let at = statement.at
    switch statement.kind {
    case .setBlock(let target, let filters, let body):
      let text = try capture(body, JinjaScope(parent: scope))
      try assign(target, try filtered(.text(text), filters, scope), scope, at)
    case .filterBlock(let filters, let body):
      let text = try capture(body, JinjaScope(parent: scope))
      try emit(try JinjaPrinter.text(try filtered(.text(text), filters, scope), at), at)
    case .macro(let macro):
      scope.names[macro.name] = .function(function(macro, scope))
      holders.append(scope)
    case .callBlock(let caller, let call):
      guard case .call(let callee, let arguments) = call.kind else { return }
      var values = try self.arguments(arguments, scope)
      values.named.append(("caller", .function(function(caller, scope))))
      holders.append(scope)
      try emit(try JinjaPrinter.text(try self.call(try evaluate(callee, scope), values, at), at), at)
    case .with(let values, let body):
      let inner = JinjaScope(parent: scope)
      for (target, value) in values { try assign(target, try evaluate(value, scope), inner, at) }
      _ = try run(body, inner)
    case .generation(let body):
      if captures > 0 { hidesGenerated = true }
      let start = out.count
      _ = try run(body, JinjaScope(parent: scope))
      if captures == 0 { generated.append(start..<out.count) }
    default: break
    }
  }

  private func filtered(
    _ value: JinjaValue, _ filters: JinjaExpression?, _ scope: JinjaScope
  ) throws -> JinjaValue {
    guard let filters else { return value }
    let inner = JinjaScope(parent: scope)
    inner.names[JinjaParser.bodyName] = value
    return try evaluate(filters, inner)
  }

  private func emit(_ text: JinjaText, _ at: JinjaPosition) throws {
    try spend(text.count, at)
    out += text.scalars
  }

  /// The text that statements print.
  private func capture(_ body: [JinjaStatement], _ scope: JinjaScope) throws -> JinjaText {
    let outer = out
    out = []
    captures += 1
    defer {
      out = outer
      captures -= 1
    }
    _ = try run(body, scope)
    return JinjaText(out)
  }

  private func run(_ loop: JinjaLoopStatement, _ scope: JinjaScope, _ at: JinjaPosition) throws -> Flow {
    var items = try JinjaOrder.items(try evaluate(loop.items, scope), at)
    try spend(items.count, at)
    if let filter = loop.filter {
      items = try items.filter { item in
        let inner = JinjaScope(parent: scope)
        try assign(loop.target, item, inner, at)
        return try evaluate(filter, inner).isTrue
      }
    }
    if items.isEmpty { return try run(loop.otherwise, JinjaScope(parent: scope)) }
    let state = JinjaLoop(items: items)
    for (index, item) in items.enumerated() {
      state.index = index
      let inner = JinjaScope(parent: scope)
      inner.names["loop"] = .loop(state)
      try assign(loop.target, item, inner, at)
      if try run(loop.body, inner) == .breakLoop { break }
    }
    return .on
  }

  func assign(_ target: JinjaTarget, _ value: JinjaValue, _ scope: JinjaScope, _ at: JinjaPosition) throws {
    switch target {
    case .name(let name): scope.names[name] = value
    case .member(let name, let member):
      guard case .namespace(let namespace)? = scope.find(name) else {
        throw JinjaError.kind(
          "'set \(name).\(member)'", "a namespace", scope.find(name) ?? .undefined(name: name), at)
      }
      guard !member.hasPrefix("_") else {
        throw JinjaError.wrong("a namespace has no members whose names start with an underscore", at)
      }
      namespace.members[.text(member)] = value
    case .tuple(let targets):
      let items = try JinjaOrder.items(value, at)
      guard items.count == targets.count else {
        throw JinjaError.wrong("\(targets.count) names for \(items.count) values", at)
      }
      for (target, item) in zip(targets, items) { try assign(target, item, scope, at) }
    }
  }

  // MARK: macros

  private func function(_ macro: JinjaMacro, _ scope: JinjaScope) -> JinjaFunction {
    JinjaFunction(macro.name) { renderer, arguments, at in
      try renderer.run(macro, scope, arguments, at)
    }
  }

  private func run(
    _ macro: JinjaMacro, _ scope: JinjaScope, _ arguments: JinjaArguments, _ at: JinjaPosition
  ) throws -> JinjaValue {
    let inner = JinjaScope(parent: scope)
    var extra = arguments.named
    for (index, parameter) in macro.parameters.enumerated() {
      if let value = arguments.value(index, parameter.name) {
        inner.names[parameter.name] = value
      } else if let otherwise = parameter.otherwise {
        inner.names[parameter.name] = try evaluate(otherwise, inner)
      } else {
        inner.names[parameter.name] = .undefined(name: parameter.name)
      }
      extra.removeAll { $0.name == parameter.name }
    }
    if let caller = extra.firstIndex(where: { $0.name == "caller" }) {
      inner.names["caller"] = extra.remove(at: caller).value
    }
    let rest = arguments.positional.dropFirst(macro.parameters.count)
    inner.names["varargs"] = try made(.tuple(Array(rest)), at)
    inner.names["kwargs"] = try made(.dictionary(JinjaDictionary(extra.map { ($0.name, $0.value) })), at)
    return .text(try deeper(at) { try capture(macro.body, inner) })
  }
}
