/// Python's `<` and `in`.
enum JinjaOrder {
  /// Whether `a < b`.
  static func isLess(_ a: JinjaValue, _ b: JinjaValue, _ at: JinjaPosition) throws -> Bool {
    switch (a, b) {
    case (.text(let a), .text(let b)):
      return a.scalars.lexicographicallyPrecedes(b.scalars)
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)):
      for (x, y) in zip(a, b) where x != y { return try isLess(x, y, at) }
      return a.count < b.count
    default:
      if let a = a.whole, let b = b.whole { return a < b }
      if let a = a.number, let b = b.number { return a < b }
      throw JinjaError.kind("a comparison", "two numbers, strings or lists; beside \(a.kind)", b, at)
    }
  }

  /// `a mark b`.
  static func compare(_ mark: String, _ a: JinjaValue, _ b: JinjaValue, _ at: JinjaPosition) throws -> Bool {
    switch mark {
    case "==": return a == b
    case "!=": return a != b
    case "in": return try contains(b, a, at)
    case "not in": return try !contains(b, a, at)
    default: break
    }
    // Numbers directly: with NaN, `a >= b` is not `!(a < b)`.
    if a.whole == nil || b.whole == nil, let a = a.number, let b = b.number {
      return mark == "<" ? a < b : mark == ">" ? a > b : mark == "<=" ? a <= b : a >= b
    }
    switch mark {
    case "<": return try isLess(a, b, at)
    case ">": return try isLess(b, a, at)
    case "<=": return try !isLess(b, a, at)
    default: return try !isLess(a, b, at)
    }
  }

  /// `item in container`.
  static func contains(_ container: JinjaValue, _ item: JinjaValue, _ at: JinjaPosition) throws -> Bool {
    switch container {
    case .text(let text):
      guard case .text(let part) = item else {
        throw JinjaError.kind("'in' with a string", "a string", item, at)
      }
      return text.find(part) != nil
    case .list(let items), .tuple(let items), .lazy(let items, _): return items.contains(item)
    case .dictionary(let dictionary):
      switch item {
      case .list, .dictionary: throw JinjaError.kind("'in' with a dictionary", "a key", item, at)
      default: return dictionary[item] != nil
      }
    case .undefined: return false
    default: throw JinjaError.kind("'in'", "a list, dictionary or string on its right", container, at)
    }
  }

  /// The items that Python's `iter` gives.
  static func items(_ value: JinjaValue, _ at: JinjaPosition) throws -> [JinjaValue] {
    switch value {
    case .undefined: []
    case .text(let text): text.scalars.map { .text(JinjaText([$0])) }
    case .list(let items), .tuple(let items), .lazy(let items, _): items
    case .dictionary(let dictionary): dictionary.keys
    default: throw JinjaError.kind("a loop or a filter", "something to go over", value, at)
    }
  }
}
