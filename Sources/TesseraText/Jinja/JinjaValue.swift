package import TesseraCore

/// A value inside of a template, with Python's kinds.
package enum JinjaValue: Sendable {
  /// A name or member that is not there; `name` says which.
  case undefined(name: String)
  case none
  case bool(Bool)
  case int(Int)
  case double(Double)
  case text(JinjaText)
  case list([JinjaValue])
  case tuple([JinjaValue])
  /// What Python makes item by item: the result of `map` or `select`, a range, a dictionary's items.
  case lazy([JinjaValue], kind: LazyKind)
  case dictionary(JinjaDictionary)
  case namespace(JinjaNamespace)
  case function(JinjaFunction)
  /// What a loop is called inside of itself.
  case loop(JinjaLoop)

  /// What a lazy sequence allows besides going over it.
  package enum LazyKind: Sendable {
    /// Going over it, no more: `map`, `select`, `reverse`, `unique`.
    case generator
    /// Counting and indexing too.
    case range
    /// Counting too: `keys()`, `values()`, `items()`; printed with its name.
    case view(String)
  }

  package static func text(_ text: String) -> JinjaValue { .text(JinjaText(text)) }

  /// What kind of value it is, for messages.
  package var kind: String {
    switch self {
    case .undefined(let name): "'\(name)', which is undefined"
    case .none: "none"
    case .bool: "true or false"
    case .int, .double: "a number"
    case .text: "a string"
    case .list: "a list"
    case .tuple: "a tuple"
    case .lazy(_, .range): "a range"
    case .lazy: "a generator"
    case .dictionary: "a dictionary"
    case .namespace: "a namespace"
    case .function: "a function"
    case .loop: "a loop"
    }
  }

  /// Whether it holds other values.
  var isContainer: Bool {
    switch self {
    case .list, .tuple, .lazy, .dictionary: true
    default: false
    }
  }

  package var isUndefined: Bool { if case .undefined = self { true } else { false } }

  /// Python's truth.
  package var isTrue: Bool {
    switch self {
    case .undefined, .none: false
    case .bool(let value): value
    case .int(let value): value != 0
    case .double(let value): value != 0
    case .text(let text): !text.isEmpty
    case .list(let items), .tuple(let items): !items.isEmpty
    case .lazy(_, .generator): true
    case .lazy(let items, _): !items.isEmpty
    case .dictionary(let dictionary): dictionary.count > 0
    case .namespace, .function, .loop: true
    }
  }

  /// A number's value, a bool being 0 or 1.
  var number: Double? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): Double(value)
    case .double(let value): value
    default: nil
    }
  }

  /// A whole number's value, a bool being 0 or 1.
  var whole: Int? {
    switch self {
    case .bool(let value): value ? 1 : 0
    case .int(let value): value
    default: nil
    }
  }
}

// MARK: Python's equality

extension JinjaValue: Hashable {
  package static func == (a: JinjaValue, b: JinjaValue) -> Bool {
    switch (a, b) {
    case (.undefined, .undefined), (.none, .none): true
    case (.text(let a), .text(let b)): a == b
    case (.list(let a), .list(let b)), (.tuple(let a), .tuple(let b)): a == b
    case (.dictionary(let a), .dictionary(let b)): a == b
    case (.namespace(let a), .namespace(let b)): a === b
    case (.function(let a), .function(let b)): a === b
    case (.loop(let a), .loop(let b)): a === b
    default:
      if let a = a.whole, let b = b.whole {
        a == b
      } else if let a = a.number, let b = b.number {
        a == b
      } else {
        false
      }
    }
  }

  package func hash(into hasher: inout Hasher) {
    switch self {
    case .text(let text): hasher.combine(text)
    case .list(let items), .tuple(let items): hasher.combine(items)
    default: hasher.combine(number)
    }
  }
}

// MARK: from and to JSON

extension JinjaValue {
  package init(_ json: JSONValue) {
    switch json {
    case .null: self = .none
    case .bool(let value): self = .bool(value)
    case .int(let value): self = .int(value)
    case .double(let value): self = .double(value)
    case .string(let text): self = .text(text)
    case .array(let values): self = .list(values.map(JinjaValue.init))
    case .object(let members):
      var dictionary = JinjaDictionary()
      for member in members { dictionary[.text(member.name)] = JinjaValue(member.value) }
      self = .dictionary(dictionary)
    }
  }
}
