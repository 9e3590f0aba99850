internal import TesseraCore
private import Yams

extension Pipeline {
  /// Reads a pipeline from YAML or JSON.
  ///
  ///     pipeline:
  ///       - resize: {size: 256, filter: bicubic}
  ///       - center_crop: 224
  ///       - to_tensor
  ///       - normalize: imagenet
  ///
  /// The list may also stand alone. A step is a name, a name with one value, a name with named arguments, or
  /// a step's text.
  ///
  /// - Throws: `invalidPipeline` with line, column and what is allowed there.
  public init(yaml: String) throws {
    self = try Self.reading(yaml) { try YAMLPipelineReader.steps(yaml) }
  }

  /// Reads a pipeline from JSON: the same tree as in YAML.
  ///
  /// - Throws: `invalidPipeline` with line, column and what is allowed there.
  public init(json: String) throws { try self.init(yaml: json) }

  /// The pipeline as YAML that reads back to it.
  public var yaml: String {
    "pipeline:\n"
      + steps.map { step in
        "  - " + PipelineTreePrinter(style: .yaml).step(TransformRegistry.node(of: step)) + "\n"
      }.joined()
  }

  /// The pipeline as JSON that reads back to it.
  public var json: String {
    "{\n  \"pipeline\": [\n"
      + steps.map { step in
        "    " + PipelineTreePrinter(style: .json).step(TransformRegistry.node(of: step))
      }.joined(separator: ",\n") + "\n  ]\n}\n"
  }
}

/// Turns YAML nodes into steps.
private enum YAMLPipelineReader {
  static func steps(_ yaml: String) throws -> [StepNode] {
    let root: Node?
    if let excess = YAMLAliases.excess(in: yaml) {
      throw PipelineFault(message: excess.message, location: excess.location)
    }
    do { root = try Yams.compose(yaml: yaml) } catch { throw fault(of: error) }
    guard let root else {
      throw PipelineFault(message: "the pipeline is empty", location: SourceLocation(line: 1, column: 1))
    }
    let nodes = try list(of: root)
    // As a text without a step.
    if nodes.isEmpty { throw PipelineFault(message: "the pipeline is empty", location: location(root)) }
    return try nodes.map { try step($0) }
  }

  private static func list(of root: Node) throws -> [Node] {
    switch root {
    case .sequence(let sequence): return Array(sequence)
    case .mapping(let mapping):
      var steps: [Node]?
      for (key, value) in mapping {
        guard key.string == "pipeline" else {
          throw PipelineFault(
            message: "unknown key '\(key.string ?? "?")'; allowed is: pipeline", location: location(key))
        }
        guard case .sequence(let sequence) = value else {
          throw PipelineFault(message: "pipeline must be a list of steps", location: location(value))
        }
        steps = Array(sequence)
      }
      if let steps { return steps }
      throw PipelineFault(message: "expected the key 'pipeline'", location: location(root))
    default:
      throw PipelineFault(
        message: "expected a list of steps, or the key 'pipeline' with one", location: location(root))
    }
  }

  /// - Parameter depth: in how many lists and steps the node stands.
  private static func step(_ node: Node, depth: Int = 0) throws -> StepNode {
    guard depth <= PipelineParser.depthLimit else { throw PipelineParser.tooDeep(at: location(node)) }
    switch node {
    case .scalar(let scalar):
      let place = location(node)
      switch PipelineParser.value(scalar.string, origin: place)?.kind {
      case .string(let name): return StepNode(name: name, location: place)
      case .step(let step): return step
      default:
        throw PipelineFault(message: "expected a transform, got '\(scalar.string)'", location: place)
      }
    case .mapping(let mapping):
      guard mapping.count == 1, let (key, value) = mapping.first.map({ ($0.key, $0.value) }),
        let name = key.string
      else {
        throw PipelineFault(
          message: "a step is one name with its arguments below it; this mapping has \(mapping.count) keys",
          location: location(node))
      }
      return StepNode(name: name, arguments: try arguments(value, depth + 1), location: location(key))
    default:
      throw PipelineFault(message: "expected a transform", location: location(node))
    }
  }

  private static func arguments(_ node: Node, _ depth: Int) throws -> [StepNode.Argument] {
    if case .mapping(let mapping) = node {
      return try mapping.map { key, value in
        guard let name = key.string else {
          throw PipelineFault(message: "expected an argument's name", location: location(key))
        }
        return StepNode.Argument(name: name, value: try argument(value, depth), location: location(key))
      }
    }
    if case .scalar(let scalar) = node, scalar.style == .plain, ["", "null", "~"].contains(scalar.string) {
      return []
    }
    return [StepNode.Argument(name: nil, value: try argument(node, depth), location: location(node))]
  }

  private static func argument(_ node: Node, _ depth: Int) throws -> ArgumentNode {
    let place = location(node)
    guard depth <= PipelineParser.depthLimit else { throw PipelineParser.tooDeep(at: place) }
    switch node {
    case .scalar(let scalar):
      guard scalar.style == .plain else { return ArgumentNode(.string(scalar.string), at: place) }
      if ["", "~"].contains(scalar.string) { return ArgumentNode(.none, at: place) }
      return PipelineParser.value(scalar.string, origin: place)
        ?? ArgumentNode(.string(scalar.string), at: place)
    case .sequence(let sequence):
      return ArgumentNode(.list(try sequence.map { try argument($0, depth + 1) }), at: place)
    case .mapping: return ArgumentNode(.step(try step(node, depth: depth)), at: place)
    case .alias: throw PipelineFault(message: "an alias cannot stand here", location: place)
    }
  }

  private static func location(_ node: Node) -> SourceLocation {
    node.mark.map { SourceLocation(line: $0.line, column: $0.column) } ?? SourceLocation(line: 1, column: 1)
  }

  private static func fault(of error: any Error) -> PipelineFault {
    if case .some(.scanner(_, let problem, let mark, _)) = error as? YamlError {
      return PipelineFault(message: problem, location: SourceLocation(line: mark.line, column: mark.column))
    }
    if case .some(.parser(_, let problem, let mark, _)) = error as? YamlError {
      return PipelineFault(message: problem, location: SourceLocation(line: mark.line, column: mark.column))
    }
    return PipelineFault(message: "\(error)", location: SourceLocation(line: 1, column: 1))
  }
}

/// Writes steps as one-line YAML or JSON.
struct PipelineTreePrinter {
  enum Style { case yaml, json }
  var style: Style

  func step(_ step: StepNode) -> String {
    let name = key(step.name)
    if step.arguments.isEmpty { return style == .json ? "\"\(step.name)\"" : step.name }
    if step.arguments.count == 1, let only = step.arguments.first, only.isBare, !only.value.isNone {
      return style == .json ? "{\(name): \(value(only.value))}" : "\(name): \(value(only.value))"
    }
    let body = step.arguments.map { "\(key($0.name ?? "")): \(value($0.value))" }.joined(separator: ", ")
    return style == .json ? "{\(name): {\(body)}}" : "\(name): {\(body)}"
  }

  private func key(_ name: String) -> String { style == .json ? "\"\(name)\"" : name }

  private func value(_ node: ArgumentNode) -> String {
    switch node.kind {
    case .list(let nodes): "[" + nodes.map(value).joined(separator: ", ") + "]"
    case .step(let nested):
      style == .yaml && !nested.arguments.isEmpty ? "{\(step(nested))}" : step(nested)
    case .range(let a, let b) where style == .json:
      "[\(PipelinePrinter.number(a)), \(PipelinePrinter.number(b))]"
    case .none where style == .json: "null"
    case .string(let text) where style == .json || !PipelinePrinter.isWord(text):
      PipelinePrinter.quote(text)
    default: PipelinePrinter.text(node)
    }
  }
}
