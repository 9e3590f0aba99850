/// Computing expressions.
extension JinjaRenderer {
  func evaluate(_ expression: JinjaExpression, _ scope: JinjaScope) throws -> JinjaValue {
    try spend(1, expression.at)
    return try deeper(expression.at) { try evaluateHere(expression, scope) }
  }

  private func evaluateHere(_ expression: JinjaExpression, _ scope: JinjaScope) throws -> JinjaValue {
    let at = expression.at
    switch expression.kind {
    case .constant(let value): return value
    case .name(let name): return scope.find(name) ?? JinjaGlobals.all[name] ?? .undefined(name: name)
    case .list(let items): return try made(.list(try items.map { try evaluate($0, scope) }), at)
    case .tuple(let items): return try made(.tuple(try items.map { try evaluate($0, scope) }), at)
    case .attribute(let base, let name): return try attribute(try evaluate(base, scope), name, at)
    case .item(let base, let key): return try item(try evaluate(base, scope), try evaluate(key, scope), at)
    case .not(let value): return .bool(try !evaluate(value, scope).isTrue)
    case .and(let a, let b):
      let left = try evaluate(a, scope)
      return left.isTrue ? try evaluate(b, scope) : left
    case .or(let a, let b):
      let left = try evaluate(a, scope)
      return left.isTrue ? left : try evaluate(b, scope)
    case .conditional(let value, let test, let otherwise):
      if try evaluate(test, scope).isTrue { return try evaluate(value, scope) }
      return try otherwise.map { try evaluate($0, scope) }
        ?? .undefined(name: "the other side of an if without else")
    case .unary(let mark, let value): return try JinjaArithmetic.sign(mark, try evaluate(value, scope), at)
    case .binary(let mark, let a, let b):
      return try JinjaArithmetic.binary(mark, try evaluate(a, scope), try evaluate(b, scope), self, at)
    default: return try evaluateRest(expression, scope)
    }
  }

  /// The rarer kinds, apart so that the frames of the others stay small.
  private func evaluateRest(_ expression: JinjaExpression, _ scope: JinjaScope) throws -> JinjaValue {
    let at = expression.at
    switch expression.kind {
    case .dictionary(let pairs):
      var dictionary = JinjaDictionary()
      for pair in pairs {
        let key = try evaluate(pair.key, scope)
        switch key {
        case .list, .dictionary: throw JinjaError.kind("a dictionary", "a key", key, at)
        default: dictionary[key] = try evaluate(pair.value, scope)
        }
      }
      return try made(.dictionary(dictionary), at)
    case .slice(let base, let start, let stop, let step):
      let bounds = try [start, stop, step].map { try $0.map { try evaluate($0, scope) } }
      return try JinjaSlice.cut(try evaluate(base, scope), bounds, self, at)
    case .call(let callee, let call):
      return try self.call(try evaluate(callee, scope), try arguments(call, scope), at)
    case .filter(let base, let name, let call):
      return try filter(name, try evaluate(base, scope), try arguments(call, scope), at)
    case .test(let base, let name, let call):
      return .bool(try test(name, try evaluate(base, scope), try arguments(call, scope), at))
    case .concatenation(let parts):
      var out: [Unicode.Scalar] = []
      for part in parts {
        let text = try JinjaPrinter.text(try evaluate(part, scope), at)
        try spend(text.count, at)
        out += text.scalars
      }
      return .text(JinjaText(out))
    case .comparison(let first, let links):
      var left = try evaluate(first, scope)
      for (mark, next) in links {
        let right = try evaluate(next, scope)
        try spendComparing(left, right, at)
        guard try JinjaOrder.compare(mark, left, right, at) else { return .bool(false) }
        left = right
      }
      return .bool(true)
    default: return .none
    }
  }

  /// A new list, tuple or dictionary, if it is not too deep: printing, comparing and freeing it cost stack.
  func made(_ value: JinjaValue, _ at: JinjaPosition) throws -> JinjaValue {
    try checkDepth(value, 0, at)
    return value
  }

  private func checkDepth(_ value: JinjaValue, _ depth: Int, _ at: JinjaPosition) throws {
    let items: [JinjaValue]
    switch value {
    case .list(let list), .tuple(let list), .lazy(let list, _): items = list
    case .dictionary(let dictionary): items = dictionary.keys + dictionary.values
    // Loops and methods keep what they are of: a chain of them is as deep as one of lists.
    case .loop(let loop): items = loop.held
    case .function(let function): items = function.owner.map { [$0] } ?? []
    default: return
    }
    guard depth <= limits.valueDepth else {
      throw JinjaError.limit("lists inside of each other", limits.valueDepth, found: depth, at)
    }
    // Every visit counts: a list that holds another one twice is twice as large to whoever goes over it.
    try spend(items.count, at)
    for item in items { try checkDepth(item, depth + 1, at) }
  }

  /// How much there is to go over in a value.
  func cost(_ value: JinjaValue) -> Int {
    switch value {
    case .text(let text): text.count
    case .list(let items), .tuple(let items), .lazy(let items, _): items.count
    case .dictionary(let dictionary): dictionary.count
    default: 1
    }
  }

  /// Counts what a comparison may go over: all levels where both sides have some, as their parts may be shared and
  /// many more than are kept.
  func spendComparing(_ a: JinjaValue, _ b: JinjaValue, _ at: JinjaPosition) throws {
    guard a.isContainer, b.isContainer else { return try spend(cost(a) + cost(b), at) }
    try spendOnAll(of: a, at)
    try spendOnAll(of: b, at)
  }

  /// Counts all levels of a value, which has few (`made`).
  func spendOnAll(of value: JinjaValue, _ at: JinjaPosition) throws {
    try spend(cost(value), at)
    switch value {
    case .list(let items), .tuple(let items), .lazy(let items, _):
      for item in items { try spendOnAll(of: item, at) }
    case .dictionary(let dictionary):
      for item in dictionary.keys + dictionary.values { try spendOnAll(of: item, at) }
    default: break
    }
  }

  func filter(
    _ name: String, _ value: JinjaValue, _ arguments: JinjaArguments, _ at: JinjaPosition
  ) throws -> JinjaValue {
    guard let filter = JinjaFilters.all[name] else {
      throw JinjaError.unsupported("the filter '\(name)'", at)
    }
    if JinjaFilters.comparing.contains(name) {
      try spendOnAll(of: value, at)
    } else {
      try spend(cost(value), at)
    }
    let result = try filter(self, value, arguments, at)
    try spend(cost(result), at)
    return result
  }

  func test(
    _ name: String, _ value: JinjaValue, _ arguments: JinjaArguments, _ at: JinjaPosition
  ) throws -> Bool {
    guard let test = JinjaTests.all[name] else { throw JinjaError.unsupported("the test '\(name)'", at) }
    try spend(1, at)
    // The kinds are told without a look inside.
    if !JinjaTests.isKind(name) {
      try spend(cost(value), at)
      for argument in arguments.positional + arguments.named.map(\.value) {
        try spendComparing(value, argument, at)
      }
    }
    return try test(value, arguments, at)
  }

  // MARK: calls

  func arguments(_ call: JinjaCall, _ scope: JinjaScope) throws -> JinjaArguments {
    var arguments = JinjaArguments()
    arguments.positional = try call.positional.map { try evaluate($0, scope) }
    if let list = call.list {
      arguments.positional += try JinjaOrder.items(try evaluate(list, scope), list.at)
    }
    arguments.named = try call.named.map { ($0.name, try evaluate($0.value, scope)) }
    if let expression = call.dictionary {
      let value = try evaluate(expression, scope)
      guard case .dictionary(let dictionary) = value else {
        throw JinjaError.kind("'**'", "a dictionary", value, expression.at)
      }
      for (key, value) in zip(dictionary.keys, dictionary.values) {
        arguments.named.append((try JinjaPrinter.text(key, expression.at).string, value))
      }
    }
    return arguments
  }

  func call(_ callee: JinjaValue, _ arguments: JinjaArguments, _ at: JinjaPosition) throws -> JinjaValue {
    guard case .function(let function) = callee else {
      throw JinjaError.kind("a call", "a function", callee, at)
    }
    if let owner = function.owner {
      // `find`, `index`, `get` go over what they are of, and compare.
      try spend(cost(owner), at)
      for argument in arguments.positional where argument.isContainer {
        try spendComparing(owner, argument, at)
      }
    }
    let result = try function.body(self, arguments, at)
    try spend(cost(result), at)
    return result
  }

  // MARK: members

  /// `base.name`: Python's attributes (methods) first, then items.
  func attribute(_ base: JinjaValue, _ name: String, _ at: JinjaPosition) throws -> JinjaValue {
    switch base {
    case .undefined: throw JinjaError.kind("'.\(name)'", "a value", base, at)
    case .namespace(let namespace): return namespace.members[name] ?? .undefined(name: name)
    case .loop(let loop): return loop.member(name) ?? .undefined(name: name)
    default: break
    }
    if let method = try JinjaMethods.method(of: base, name, at) { return .function(method) }
    if case .dictionary(let dictionary) = base, let value = dictionary[name] { return value }
    return .undefined(name: name)
  }

  /// `base[key]`: items first, then attributes.
  func item(_ base: JinjaValue, _ key: JinjaValue, _ at: JinjaPosition) throws -> JinjaValue {
    try spendOnAll(of: key, at)
    let missing = JinjaValue.undefined(name: try JinjaPrinter.text(key, at).string)
    switch (base, key) {
    case (.undefined, _): throw JinjaError.kind("'[…]'", "a value", base, at)
    case (.dictionary, .list), (.dictionary, .dictionary): return missing
    case (.dictionary(let dictionary), _):
      if let value = dictionary[key] { return value }
    case (.list(let items), _), (.tuple(let items), _), (.lazy(let items, .range), _):
      if let place = key.whole { return Self.element(items, place) ?? missing }
    case (.text(let text), _):
      if let place = key.whole {
        return Self.element(text.scalars, place).map { .text(JinjaText([$0])) } ?? missing
      }
    default: break
    }
    guard case .text(let name) = key else { return missing }
    return try attribute(base, name.string, at)
  }

  private static func element<T>(_ items: [T], _ place: Int) -> T? {
    let index = place < 0 ? place + items.count : place
    return items.indices.contains(index) ? items[index] : nil
  }
}
