internal import TesseraCore
internal import TesseraTransforms
private import Yams

/// A mapping of a recipe as it is read: every key must be asked for, and what was resolved is kept.
///
/// A key that nobody asked for is an error that names the nearest right one.
final class RecipeNode {
  /// What a key came to.
  private enum Resolved {
    case value(String)
    case mapping(RecipeNode)
    case list([RecipeNode])
  }

  let file: String
  /// Where in the file the mapping is, such as `stages[0].data`.
  let place: String
  private var members: [(key: String, node: Node)]
  private var resolved: [(key: String, value: Resolved)] = []

  private init(file: String, place: String, node: Node) throws {
    self.file = file
    self.place = place
    switch node {
    case .mapping(let mapping):
      members = try mapping.map { key, value in
        guard let name = key.string else { throw Self.fault("a key that is no word", file, key) }
        return (name, value)
      }
    // A key with nothing behind it: all defaults.
    case .scalar(let scalar) where scalar.string.isEmpty: members = []
    default: throw Self.fault("\(place.isEmpty ? "the file" : place) must be a mapping of keys", file, node)
    }
    var seen: Set<String> = []
    for member in members where !seen.insert(member.key).inserted {
      throw Self.fault("\(path(member.key)) is there twice", file, member.node)
    }
  }

  /// Reads a file's text.
  ///
  /// - Parameters:
  ///   - choice: the stage that is kept, as the only one; nil for all.
  ///   - overrides: values that count more, by their place (`stages[0].steps`), such as flags give.
  /// - Throws: `invalidArgument` with line and column.
  static func read(
    _ yaml: String, file: String, choosing choice: StageChoice? = nil,
    overrides: [(place: String, value: String)] = []
  ) throws -> RecipeNode {
    if let excess = YAMLAliases.excess(in: yaml) {
      throw TesseraError(
        .invalidArgument(
          name: "line \(excess.location.line)", expected: "few aliases in a recipe",
          got: excess.message), path: file)
    }
    let root: Node?
    do { root = try Yams.compose(yaml: yaml) } catch {
      throw TesseraError(
        .invalidArgument(name: "the recipe", expected: "YAML", got: "\(error)"), path: file)
    }
    guard var root else {
      throw TesseraError(
        .invalidArgument(name: "the recipe", expected: "a mapping of keys", got: "an empty file"), path: file)
    }
    if let choice { root = try choose(choice, in: root, file, overrides.map(\.place)) }
    for (place, value) in overrides {
      let steps = try Self.steps(place)
      guard let node = try Yams.compose(yaml: value) else {
        throw TesseraError(.invalidArgument(name: place, expected: "a value", got: "nothing"))
      }
      root = try Self.setting(root, steps[...], to: node, place: place)
    }
    return try RecipeNode(file: file, place: "", node: root)
  }

  // MARK: choosing a stage

  /// The recipe with one stage left.
  ///
  /// - Parameter overridden: the places that are set: a later stage needs a model, for it begins with an earlier one's.
  private static func choose(_ choice: StageChoice, in root: Node, _ file: String, _ overridden: [String])
    throws -> Node
  {
    guard case .mapping(var mapping) = root, case .sequence(var sequence)? = mapping["stages"] else {
      throw fault("stages must be a list of stages", file, root)
    }
    func text(_ stage: Node, _ key: String) -> String? { stage.mapping?[Node(key)]?.string }
    func name(_ stage: Node) -> String { text(stage, "name") ?? text(stage, "stage") ?? "sft" }
    let found = sequence.indices.filter { index in
      (text(sequence[index], "stage") ?? "sft") == choice.kind.rawValue
        && choice.name.map { $0 == name(sequence[index]) } ?? true
    }
    let wanted = "a stage of kind \(choice.kind.rawValue)" + (choice.name.map { " named '\($0)'" } ?? "")
    guard let index = found.first else {
      let all = sequence.map { "\(name($0)) (\(text($0, "stage") ?? "sft"))" }.joined(separator: ", ")
      throw fault("there must be \(wanted); the stages: \(all)", file, Node.sequence(sequence))
    }
    guard found.count == 1 else {
      let names = found.map { name(sequence[$0]) }.joined(separator: ", ")
      throw fault(
        "there must be one stage of kind \(choice.kind.rawValue), or its name: \(names)", file, root)
    }
    guard index == 0 || overridden.contains(where: { $0 == "model" || $0.hasPrefix("model.") }) else {
      throw fault(
        "'\(name(sequence[index]))' begins with what '\(name(sequence[index - 1]))' leaves: name that model's directory",
        file, sequence[index])
    }
    sequence = Node.Sequence([sequence[index]], sequence.tag, sequence.style, sequence.mark)
    mapping["stages"] = .sequence(sequence)
    return .mapping(mapping)
  }

  // MARK: overriding

  private enum Step {
    case key(String)
    case index(Int)
  }

  /// `stages[0].data` → stages, 0, data.
  private static func steps(_ place: String) throws -> [Step] {
    var steps: [Step] = []
    for part in place.split(separator: ".", omittingEmptySubsequences: false) {
      let pieces = part.split(separator: "[", omittingEmptySubsequences: false)
      if let name = pieces.first, !name.isEmpty { steps.append(.key(String(name))) }
      for piece in pieces.dropFirst() {
        guard piece.hasSuffix("]"), let index = Int(piece.dropLast()) else {
          throw TesseraError(
            .invalidArgument(name: "--set", expected: "a place like stages[0].steps", got: place))
        }
        steps.append(.index(index))
      }
    }
    return steps
  }

  private static func setting(_ node: Node, _ steps: ArraySlice<Step>, to value: Node, place: String) throws
    -> Node
  {
    guard let step = steps.first else { return value }
    let rest = steps.dropFirst()
    switch (step, node) {
    case (.key(let key), .mapping(var mapping)):
      mapping[Node(key)] = try setting(
        mapping[Node(key)] ?? Node([(Node, Node)]()), rest, to: value, place: place)
      return .mapping(mapping)
    case (.index(let index), .sequence(var sequence)) where sequence.indices.contains(index):
      sequence[index] = try setting(sequence[index], rest, to: value, place: place)
      return .sequence(sequence)
    default:
      throw TesseraError(.invalidArgument(name: "--set", expected: "a place of the recipe", got: place))
    }
  }

  // MARK: values

  private func path(_ key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }

  private var asked: [String] { resolved.map(\.key) }

  private func member(_ key: String) -> Node? {
    guard let node = members.first(where: { $0.key == key })?.node else { return nil }
    if case .scalar(let scalar) = node, scalar.style == .plain, scalar.string.isEmpty { return nil }
    return Self.isNull(node) ? nil : node
  }

  private static func isNull(_ node: Node) -> Bool {
    guard case .scalar(let scalar) = node else { return false }
    return scalar.style == .plain && ["null", "~"].contains(scalar.string)
  }

  private func note(_ key: String, _ value: Resolved) { resolved.append((key, value)) }

  private func scalar<Value>(
    _ key: String, _ expected: String, _ convert: (String) -> Value?
  ) throws -> Value? {
    guard let node = member(key) else { return nil }
    guard case .scalar(let scalar) = node, let value = convert(scalar.string) else {
      let got = if case .scalar(let scalar) = node { "'\(scalar.string)'" } else { "a list or mapping" }
      throw Self.fault("\(path(key)) must be \(expected), got \(got)", file, node)
    }
    return value
  }

  func text(_ key: String) throws -> String? {
    let value = try scalar(key, "a text") { $0 }
    if let value { note(key, .value(Self.quoted(value))) } else { note(key, .value("null")) }
    return value
  }

  func text(_ key: String, _ standard: String) throws -> String {
    let value = try scalar(key, "a text") { $0 } ?? standard
    note(key, .value(Self.quoted(value)))
    return value
  }

  func int(_ key: String) throws -> Int? {
    let value = try scalar(key, "a whole number", Int.init)
    note(key, .value(value.map(String.init) ?? "null"))
    return value
  }

  func int(_ key: String, _ standard: Int) throws -> Int {
    let value = try scalar(key, "a whole number", Int.init) ?? standard
    note(key, .value("\(value)"))
    return value
  }

  func number(_ key: String) throws -> Double? {
    let value = try scalar(key, "a number", Double.init)
    note(key, .value(value.map { "\($0)" } ?? "null"))
    return value
  }

  func number(_ key: String, _ standard: Double) throws -> Double {
    let value = try scalar(key, "a number", Double.init) ?? standard
    note(key, .value("\(value)"))
    return value
  }

  func flag(_ key: String, _ standard: Bool) throws -> Bool {
    let words = ["true": true, "yes": true, "on": true, "false": false, "no": false, "off": false]
    let value = try scalar(key, "true or false") { words[$0.lowercased()] } ?? standard
    note(key, .value("\(value)"))
    return value
  }

  func word<Word: RawRepresentable & CaseIterable>(_ key: String, _ standard: Word) throws -> Word
  where Word.RawValue == String {
    let names = Word.allCases.map(\.rawValue)
    let value = try scalar(key, names.joined(separator: ", "), Word.init) ?? standard
    note(key, .value(value.rawValue))
    return value
  }

  func word<Word: RawRepresentable & CaseIterable>(_ key: String, of type: Word.Type) throws -> Word?
  where Word.RawValue == String {
    let value = try scalar(key, Word.allCases.map(\.rawValue).joined(separator: ", "), Word.init)
    note(key, .value(value?.rawValue ?? "null"))
    return value
  }

  /// A list of texts; a lone one stands for a list of it.
  func texts(_ key: String, _ standard: [String] = []) throws -> [String] {
    guard let node = member(key) else {
      note(key, .value("[\(standard.map(Self.quoted).joined(separator: ", "))]"))
      return standard
    }
    let nodes: [Node] = if case .sequence(let sequence) = node { Array(sequence) } else { [node] }
    let values = try nodes.map { item -> String in
      guard case .scalar(let scalar) = item else {
        throw Self.fault("\(path(key)) must be texts", file, item)
      }
      return scalar.string
    }
    note(key, .value("[\(values.map(Self.quoted).joined(separator: ", "))]"))
    return values
  }

  /// What stands behind the key of a mapping; nil where there is no key, or `null`. Nothing at all is all defaults.
  private func inner(_ key: String) -> Node? {
    members.first { $0.key == key }.flatMap { Self.isNull($0.node) ? nil : $0.node }
  }

  /// A mapping, an empty one where nothing stands behind the key; nil where the key is not there, or is null.
  func mapping(_ key: String) throws -> RecipeNode? {
    guard let node = inner(key) else {
      note(key, .value("null"))
      return nil
    }
    let child = try RecipeNode(file: file, place: path(key), node: node)
    note(key, .mapping(child))
    return child
  }

  /// A mapping; an empty one, all defaults, where the key is not there.
  func section(_ key: String) throws -> RecipeNode {
    let empty = Node([(Node, Node)]())
    let child = try RecipeNode(file: file, place: path(key), node: inner(key) ?? empty)
    note(key, .mapping(child))
    return child
  }

  /// A list of mappings; a lone text stands for a mapping with that text as `key`.
  func list(_ key: String, textAs inner: String) throws -> [RecipeNode] {
    guard let node = member(key) else {
      note(key, .value("[]"))
      return []
    }
    let nodes: [Node] = if case .sequence(let sequence) = node { Array(sequence) } else { [node] }
    let children = try nodes.enumerated().map { index, item -> RecipeNode in
      var item = item
      if case .scalar = item { item = Node([(Node(inner), item)]) }
      return try RecipeNode(file: file, place: "\(path(key))[\(index)]", node: item)
    }
    // Without anything behind it the key would read as another value the next time.
    note(key, children.isEmpty ? .value("[]") : .list(children))
    return children
  }

  /// Whether the recipe has a key.
  func has(_ key: String) -> Bool { member(key) != nil }

  /// An error about a key's value.
  func wrong(_ key: String, _ expected: String, _ got: String) -> TesseraError {
    Self.fault(
      "\(path(key)) must be \(expected), got \(got)", file, members.first { $0.key == key }?.node)
  }

  // MARK: the end

  /// - Throws: `invalidArgument` for a key that nobody asked for, here or below.
  func finish() throws {
    for (key, node) in members where !asked.contains(key) {
      let near = Suggestion.near(key, among: asked)
      let known = near.isEmpty ? " (known: \(asked.joined(separator: ", ")))" : ""
      throw Self.fault("unknown key '\(path(key))'\(near)\(known)", file, node)
    }
    for (_, value) in resolved {
      switch value {
      case .mapping(let child): try child.finish()
      case .list(let children): for child in children { try child.finish() }
      case .value: break
      }
    }
  }

  /// What was resolved, as YAML.
  func yaml(indent: String = "") -> String {
    resolved.map { key, value in
      switch value {
      case .value(let text): "\(indent)\(key): \(text)\n"
      case .mapping(let child): "\(indent)\(key):\n\(child.yaml(indent: indent + "  "))"
      case .list(let children) where children.isEmpty: "\(indent)\(key): []\n"
      case .list(let children):
        "\(indent)\(key):\n"
          + children.map { child in
            let body = child.yaml(indent: indent + "    ")
            return "\(indent)  - " + body.dropFirst(indent.count + 4)
          }.joined()
      }
    }.joined()
  }

  private static func quoted(_ text: String) -> String { JSONText.string(text).text }

  private static func fault(_ message: String, _ file: String, _ node: Node?) -> TesseraError {
    let mark = node?.mark
    return TesseraError(
      .invalidSettings(message: message, line: mark?.line ?? 1, column: mark?.column ?? 1),
      path: file)
  }
}
