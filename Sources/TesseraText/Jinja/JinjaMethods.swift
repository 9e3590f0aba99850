/// The methods of Python's values that templates call.
enum JinjaMethods {
  enum Side { case left, right, center }

  /// Methods that would change a list or a dictionary: the sandbox refuses them.
  private static let mutating: Set<String> = [
    "append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse", "setdefault", "sort",
    "update",
  ]

  /// The method of a value; nil where it has none of the name.
  static func method(of value: JinjaValue, _ name: String, _ at: JinjaPosition) throws -> JinjaFunction? {
    try bare(value, name, at).map { JinjaFunction(name, of: value, $0.body) }
  }

  private static func bare(_ value: JinjaValue, _ name: String, _ at: JinjaPosition) throws -> JinjaFunction?
  {
    switch value {
    case .text(let text):
      if name == "format" || name == "format_map" || name == "encode" || name == "translate"
        || name == "maketrans"
      {
        throw JinjaError.unsupported("the method '\(name)' of a string", at)
      }
      return JinjaTextMethods.all[name].map { body in
        JinjaFunction(name) {
          try body(JinjaTextMethods.Call(text: text, arguments: $1, renderer: $0, at: $2))
        }
      }
    case .dictionary(let dictionary):
      guard !mutating.contains(name) || dictionary[name] != nil else { throw refused(name, "dictionary", at) }
      return mutating.contains(name) ? nil : dictionaryMethod(dictionary, name)
    case .list(let items):
      guard !mutating.contains(name) else { throw refused(name, "list", at) }
      if name == "copy" { return JinjaFunction(name) { _, _, _ in .list(items) } }
      return sequenceMethod(items, name)
    case .tuple(let items): return sequenceMethod(items, name)
    default: return nil
    }
  }

  private static func refused(_ name: String, _ kind: String, _ at: JinjaPosition) -> any Error {
    JinjaError.wrong("'\(name)' would change a \(kind), which the sandbox of chat templates forbids", at)
  }

  private static func dictionaryMethod(_ dictionary: JinjaDictionary, _ name: String) -> JinjaFunction? {
    switch name {
    case "get":
      JinjaFunction(name) { _, arguments, at in
        let key = try JinjaFilters.needed("get", arguments, 0, "key", at)
        return dictionary[key] ?? arguments.value(1, "default") ?? .none
      }
    case "items": JinjaFunction(name) { _, _, _ in .lazy(dictionary.items, kind: .view("dict_items")) }
    case "keys": JinjaFunction(name) { _, _, _ in .lazy(dictionary.keys, kind: .view("dict_keys")) }
    case "values": JinjaFunction(name) { _, _, _ in .lazy(dictionary.values, kind: .view("dict_values")) }
    case "copy": JinjaFunction(name) { _, _, _ in .dictionary(dictionary) }
    default: nil
    }
  }

  private static func sequenceMethod(_ items: [JinjaValue], _ name: String) -> JinjaFunction? {
    switch name {
    case "index":
      JinjaFunction(name) { _, arguments, at in
        let item = try JinjaFilters.needed("index", arguments, 0, "value", at)
        guard let place = items.firstIndex(of: item) else {
          throw JinjaError.wrong("the value is not in the list", at)
        }
        return .int(place)
      }
    case "count":
      JinjaFunction(name) { _, arguments, at in
        let item = try JinjaFilters.needed("count", arguments, 0, "value", at)
        return .int(items.count { $0 == item })
      }
    default: nil
    }
  }

  // MARK: shared with filters

  /// `text.replace(old, new, limit)`, its size counted before it is made.
  static func replace(
    _ text: JinjaText, _ old: JinjaText, _ new: JinjaText, _ limit: Int, _ renderer: JinjaRenderer,
    _ at: JinjaPosition
  ) throws -> JinjaText {
    let hits = old.isEmpty ? text.count + 1 : text.count / old.count
    let (size, overflow) = hits.multipliedReportingOverflow(by: new.count)
    // What cannot be small is counted hit by hit.
    if overflow || size > 1 << 16 {
      let parts = old.isEmpty ? hits : text.split(old, limit: limit < 0 ? .max : limit).count
      let (exact, overflow) = parts.multipliedReportingOverflow(by: new.count)
      try renderer.spend(overflow ? .max : exact, at)
    }
    return text.replacing(old, with: new, limit: limit < 0 ? .max : limit)
  }

  /// The text with `fill` at its sides up to a width.
  static func padded(
    _ text: JinjaText, _ width: Int, _ fill: Unicode.Scalar, _ side: Side, _ renderer: JinjaRenderer,
    _ at: JinjaPosition
  ) throws -> JinjaText {
    guard width > text.count else { return text }
    try renderer.spend(width, at)
    let missing = width - text.count
    // CPython: the odd one goes left where the width is odd.
    let left = side == .left ? missing : side == .right ? 0 : missing / 2 + (missing & width & 1)
    return JinjaText(
      Array(repeating: fill, count: left) + text.scalars + Array(repeating: fill, count: missing - left))
  }
}
