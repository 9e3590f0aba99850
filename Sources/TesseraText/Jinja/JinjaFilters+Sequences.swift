/// The filters of lists and dictionaries.
extension JinjaFilters {
  static let sequences: [String: Filter] = plain.merging(choosing) { $1 }

  /// Those that compare the items.
  static let comparing: Set<String> = ["sort", "unique", "min", "max", "dictsort"]

  private static let plain: [String: Filter] = [
    "length": { _, value, _, at in .int(try length(value, at)) },
    "count": { _, value, _, at in .int(try length(value, at)) },
    "list": { _, value, _, at in .list(try JinjaOrder.items(value, at)) },
    "first": { _, value, _, at in
      try JinjaOrder.items(value, at).first ?? .undefined(name: "the first of nothing")
    },
    "last": { _, value, _, at in
      if case .lazy(_, .generator) = value { throw JinjaError.kind("last", "a list", value, at) }
      return try JinjaOrder.items(value, at).last ?? .undefined(name: "the last of nothing")
    },
    "reverse": { _, value, _, at in
      if case .text(let text) = value { return .text(JinjaText(text.scalars.reversed())) }
      let items = Array(try JinjaOrder.items(value, at).reversed())
      if case .lazy(_, .generator) = value { return .list(items) }
      return .lazy(items, kind: .generator)
    },
    "join": { renderer, value, arguments, at in try join(renderer, value, arguments, at) },
    "items": { _, value, _, at in
      switch value {
      case .dictionary(let dictionary): return .lazy(dictionary.items, kind: .generator)
      case .undefined: return .lazy([], kind: .generator)
      default: throw JinjaError.kind("items", "a dictionary", value, at)
      }
    },
    "dictsort": { _, value, arguments, at in try dictsort(value, arguments, at) },
    "sort": { renderer, value, arguments, at in
      let key = try getter(renderer, arguments.value(2, "attribute"), at)
      let isExact = arguments.value(1, "case_sensitive")?.isTrue == true
      let isReversed = arguments.value(0, "reverse")?.isTrue == true
      return .list(
        try sorted(try JinjaOrder.items(value, at), reverse: isReversed, at) { folded(try key($0), isExact) })
    },
    "unique": { renderer, value, arguments, at in
      let key = try getter(renderer, arguments.value(1, "attribute"), at)
      let isExact = arguments.value(0, "case_sensitive")?.isTrue == true
      var seen: Set<JinjaValue> = []
      let items = try JinjaOrder.items(value, at).filter { item in
        let key = folded(try key(item), isExact)
        switch key {
        case .list, .dictionary: throw JinjaError.kind("unique", "values that can be keys", key, at)
        default: return seen.insert(key).inserted
        }
      }
      return .lazy(items, kind: .generator)
    },
    "min": { renderer, value, arguments, at in try extreme(renderer, value, arguments, isMax: false, at) },
    "max": { renderer, value, arguments, at in try extreme(renderer, value, arguments, isMax: true, at) },
    "sum": { renderer, value, arguments, at in
      let key = try getter(renderer, arguments.value(0, "attribute"), at)
      return try JinjaOrder.items(value, at).reduce(arguments.value(1, "start") ?? .int(0)) {
        try JinjaArithmetic.binary("+", $0, try key($1), renderer, at)
      }
    },
    "batch": { renderer, value, arguments, at in
      let size = try whole(try needed("batch", arguments, 0, "linecount", at), 0, at)
      guard size > 0 else { throw JinjaError.kind("batch", "a size above zero", .int(size), at) }
      let items = try JinjaOrder.items(value, at)
      var rows = stride(from: 0, to: items.count, by: size).map {
        Array(items[$0..<min(items.count, $0 + size)])
      }
      if let fill = arguments.value(1, "fill_with"), !JinjaTests.isNone(fill), let last = rows.last,
        last.count < size
      {
        try renderer.spend(size, at)
        rows[rows.count - 1] += Array(repeating: fill, count: size - last.count)
      }
      return try renderer.made(.lazy(rows.map { .list($0) }, kind: .generator), at)
    },
  ]

  private static let choosing: [String: Filter] = [
    "map": { renderer, value, arguments, at in try map(renderer, value, arguments, at) },
    "select": { try choose($0, $1, $2, keeps: true, byMember: false, $3) },
    "reject": { try choose($0, $1, $2, keeps: false, byMember: false, $3) },
    "selectattr": { try choose($0, $1, $2, keeps: true, byMember: true, $3) },
    "rejectattr": { try choose($0, $1, $2, keeps: false, byMember: true, $3) },
  ]

  // MARK: bodies

  static func length(_ value: JinjaValue, _ at: JinjaPosition) throws -> Int {
    switch value {
    case .lazy(_, .generator), .none, .bool, .int, .double, .namespace, .function:
      throw JinjaError.kind("length", "something that can be counted", value, at)
    case .loop(let loop): return loop.items.count
    default: return try JinjaOrder.items(value, at).count
    }
  }

  private static func join(
    _ renderer: JinjaRenderer, _ value: JinjaValue, _ arguments: JinjaArguments, _ at: JinjaPosition
  ) throws -> JinjaValue {
    let separator = try arguments.value(0, "d").map { try text($0, at) } ?? ""
    let key = try getter(renderer, arguments.value(1, "attribute"), at)
    let parts = try JinjaOrder.items(value, at).map { try text(try key($0), at) }
    return .text(try joined(parts, separator, renderer, at))
  }

  static func joined(
    _ parts: [JinjaText], _ separator: JinjaText, _ renderer: JinjaRenderer, _ at: JinjaPosition
  ) throws -> JinjaText {
    let (size, overflow) = parts.count.multipliedReportingOverflow(by: separator.count)
    try renderer.spend(overflow ? .max : size, at)
    try renderer.spend(parts.reduce(0) { $0 + $1.count }, at)
    return separator.joined(parts)
  }

  /// What is compared: the value, in lower case unless case counts.
  private static func folded(_ value: JinjaValue, _ isExact: Bool) -> JinjaValue {
    if case .text(let text) = value, !isExact { return .text(text.lowercased) }
    return value
  }

  private static func sorted(
    _ items: [JinjaValue], reverse: Bool, _ at: JinjaPosition, _ key: (JinjaValue) throws -> JinjaValue
  ) throws -> [JinjaValue] {
    let keyed = try items.map { (try key($0), $0) }
    // Swift's sort is stable, and stays so backwards when the comparison turns round.
    return try keyed.sorted { a, b in
      if a.0 == b.0 { return false }
      return try reverse ? JinjaOrder.isLess(b.0, a.0, at) : JinjaOrder.isLess(a.0, b.0, at)
    }.map(\.1)
  }

  private static func dictsort(
    _ value: JinjaValue, _ arguments: JinjaArguments, _ at: JinjaPosition
  ) throws -> JinjaValue {
    guard case .dictionary(let dictionary) = value else {
      throw JinjaError.kind("dictsort", "a dictionary", value, at)
    }
    let isExact = arguments.value(0, "case_sensitive")?.isTrue == true
    let by = try arguments.value(1, "by").map { try text($0, at).string } ?? "key"
    guard by == "key" || by == "value" else {
      throw JinjaError.wrong("dictsort sorts by key or value, not '\(by)'", at)
    }
    let isReversed = arguments.value(2, "reverse")?.isTrue == true
    return .list(
      try sorted(dictionary.items, reverse: isReversed, at) { item in
        guard case .tuple(let pair) = item else { return item }
        return folded(pair[by == "key" ? 0 : 1], isExact)
      })
  }

  private static func extreme(
    _ renderer: JinjaRenderer, _ value: JinjaValue, _ arguments: JinjaArguments, isMax: Bool,
    _ at: JinjaPosition
  ) throws -> JinjaValue {
    let isExact = arguments.value(0, "case_sensitive")?.isTrue == true
    let key = try getter(renderer, arguments.value(1, "attribute"), at)
    var best: (key: JinjaValue, value: JinjaValue)?
    for item in try JinjaOrder.items(value, at) {
      let here = folded(try key(item), isExact)
      guard let known = best else {
        best = (here, item)
        continue
      }
      if try isMax ? JinjaOrder.isLess(known.key, here, at) : JinjaOrder.isLess(here, known.key, at) {
        best = (here, item)
      }
    }
    return best?.value ?? .undefined(name: "the extreme of nothing")
  }

  /// Reads a member by its name, whose dots go deeper; whole numbers are places.
  private static func getter(
    _ renderer: JinjaRenderer, _ attribute: JinjaValue?, _ at: JinjaPosition, otherwise: JinjaValue? = nil
  ) throws -> (JinjaValue) throws -> JinjaValue {
    guard let attribute, !JinjaTests.isNone(attribute) else { return { $0 } }
    var parts = [attribute]
    if case .text(let path) = attribute {
      parts = path.split(".").map { part in Int(part.string).map { .int($0) } ?? .text(part) }
    }
    return { value in
      try parts.reduce(value) { base, part in
        let member = try renderer.item(base, part, at)
        return member.isUndefined ? otherwise ?? member : member
      }
    }
  }

  private static func map(
    _ renderer: JinjaRenderer, _ value: JinjaValue, _ arguments: JinjaArguments, _ at: JinjaPosition
  ) throws -> JinjaValue {
    let items = try JinjaOrder.items(value, at)
    if arguments.positional.isEmpty, let attribute = arguments.value(0, "attribute") {
      let otherwise = arguments.named.last { $0.name == "default" }?.value
      let get = try getter(
        renderer, attribute, at, otherwise: otherwise.flatMap { JinjaTests.isNone($0) ? nil : $0 })
      return .lazy(try items.map(get), kind: .generator)
    }
    guard let name = arguments.positional.first else {
      throw JinjaError.wrong("map needs a filter's name", at)
    }
    var rest = arguments
    rest.positional.removeFirst()
    let filter = try text(name, at).string
    return .lazy(try items.map { try renderer.filter(filter, $0, rest, at) }, kind: .generator)
  }

  private static func choose(
    _ renderer: JinjaRenderer, _ value: JinjaValue, _ arguments: JinjaArguments, keeps: Bool, byMember: Bool,
    _ at: JinjaPosition
  ) throws -> JinjaValue {
    var rest = arguments
    var get: (JinjaValue) throws -> JinjaValue = { $0 }
    if byMember {
      guard !rest.positional.isEmpty else { throw JinjaError.wrong("the filter needs a member's name", at) }
      get = try getter(renderer, rest.positional.removeFirst(), at)
    }
    let items = try JinjaOrder.items(value, at)
    guard let name = rest.positional.first else {
      return .lazy(try items.filter { try get($0).isTrue == keeps }, kind: .generator)
    }
    rest.positional.removeFirst()
    let test = try text(name, at).string
    return .lazy(try items.filter { try renderer.test(test, get($0), rest, at) == keeps }, kind: .generator)
  }
}
