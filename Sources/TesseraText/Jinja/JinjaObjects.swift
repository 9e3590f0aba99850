/// What `namespace(...)` makes: the one value whose members a template may set.
// @unchecked: a namespace lives inside of one rendering, which is synchronous; none leaves it.
package final class JinjaNamespace: @unchecked Sendable {
  var members = JinjaDictionary()
}

/// Something that a template can call: a macro, a method of a value, a global function.
package final class JinjaFunction: Sendable {
  let name: String
  /// The value that it is a method of; nil for a function of its own.
  let owner: JinjaValue?
  let body: @Sendable (JinjaRenderer, JinjaArguments, JinjaPosition) throws -> JinjaValue

  init(
    _ name: String, of owner: JinjaValue? = nil,
    _ body: @escaping @Sendable (JinjaRenderer, JinjaArguments, JinjaPosition) throws -> JinjaValue
  ) {
    self.name = name
    self.owner = owner
    self.body = body
  }
}

/// The values given in a call.
package struct JinjaArguments: Sendable {
  var positional: [JinjaValue] = []
  var named: [(name: String, value: JinjaValue)] = []

  /// The argument at a place or with a name.
  func value(_ index: Int, _ name: String) -> JinjaValue? {
    index < positional.count ? positional[index] : named.last { $0.name == name }?.value
  }
}

/// A place in a template; line and column count from 1.
package struct JinjaPosition: Sendable, Equatable {
  package var line: Int
  package var column: Int
}

/// `loop` inside of a `for`.
// @unchecked: as a namespace, it lives inside of one rendering.
package final class JinjaLoop: @unchecked Sendable {
  let items: [JinjaValue]
  var index = 0
  private var last: [JinjaValue]?

  /// All values that it keeps.
  var held: [JinjaValue] { items + (last ?? []) }

  init(items: [JinjaValue]) { self.items = items }

  func member(_ name: String) -> JinjaValue? {
    switch name {
    case "index": .int(index + 1)
    case "index0": .int(index)
    case "revindex": .int(items.count - index)
    case "revindex0": .int(items.count - index - 1)
    case "first": .bool(index == 0)
    case "last": .bool(index == items.count - 1)
    case "length": .int(items.count)
    // Loops inside of loops do not count, only recursive ones, which are none here.
    case "depth": .int(1)
    case "depth0": .int(0)
    case "previtem": index > 0 ? items[index - 1] : .undefined(name: "previtem")
    case "nextitem": index + 1 < items.count ? items[index + 1] : .undefined(name: "nextitem")
    case "cycle": .function(JinjaFunction("cycle", of: .loop(self)) { [self] in try cycle($1, $2) })
    case "changed":
      .function(JinjaFunction("changed", of: .loop(self)) { [self] in try changed($0, $1, $2) })
    default: nil
    }
  }

  private func cycle(_ arguments: JinjaArguments, _ at: JinjaPosition) throws -> JinjaValue {
    guard !arguments.positional.isEmpty else { throw JinjaError.wrong("loop.cycle needs values", at) }
    return arguments.positional[index % arguments.positional.count]
  }

  private func changed(
    _ renderer: JinjaRenderer, _ arguments: JinjaArguments, _ at: JinjaPosition
  ) throws -> JinjaValue {
    _ = try renderer.made(.tuple(arguments.positional), at)
    defer { last = arguments.positional }
    return .bool(last != arguments.positional)
  }
}

/// The names that statements see.
// @unchecked: macros keep the scope that they were made in; all live inside of one rendering.
final class JinjaScope: @unchecked Sendable {
  var names: [String: JinjaValue] = [:]
  private let parent: JinjaScope?

  init(parent: JinjaScope?) { self.parent = parent }

  func find(_ name: String) -> JinjaValue? {
    var scope: JinjaScope? = self
    while let here = scope {
      if let value = here.names[name] { return value }
      scope = here.parent
    }
    return nil
  }
}
