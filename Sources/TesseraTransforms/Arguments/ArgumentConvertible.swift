public import TesseraCore

/// A type that an argument of a transform can have.
public protocol ArgumentConvertible: Sendable {
  /// What is allowed, for messages and for `tessera transforms`: `integer`, `bilinear | bicubic`.
  static var argumentType: String { get }
  /// Nil if the node does not hold such a value.
  init?(argument: ArgumentNode) throws
  /// The value as a node: what the printers write.
  var argument: ArgumentNode { get }
  /// The value as Swift source.
  var swiftSource: String { get }
}

extension ArgumentConvertible {
  /// The node as a literal.
  public var swiftSource: String { SwiftPrinter.literal(argument) }
}

extension Int: ArgumentConvertible {
  public static var argumentType: String { "integer" }
  public init?(argument: ArgumentNode) {
    guard case .int(let value) = argument.kind else { return nil }
    self = value
  }
  public var argument: ArgumentNode { ArgumentNode(.int(self)) }
}

extension Double: ArgumentConvertible {
  public static var argumentType: String { "number" }
  public init?(argument: ArgumentNode) {
    switch argument.kind {
    case .int(let value): self = Double(value)
    case .double(let value): self = value
    default: return nil
    }
  }
  public var argument: ArgumentNode { ArgumentNode(.double(self)) }
}

extension Bool: ArgumentConvertible {
  public static var argumentType: String { "true | false" }
  public init?(argument: ArgumentNode) {
    guard case .bool(let value) = argument.kind else { return nil }
    self = value
  }
  public var argument: ArgumentNode { ArgumentNode(.bool(self)) }
}

extension String: ArgumentConvertible {
  public static var argumentType: String { "text" }
  public init?(argument: ArgumentNode) {
    guard case .string(let value) = argument.kind else { return nil }
    self = value
  }
  public var argument: ArgumentNode { ArgumentNode(.string(self)) }
}

extension Optional: ArgumentConvertible where Wrapped: ArgumentConvertible {
  public static var argumentType: String { Wrapped.argumentType + " | none" }
  public init?(argument: ArgumentNode) throws {
    if case .none = argument.kind {
      self = Optional<Wrapped>.none
    } else if let value = try Wrapped(argument: argument) {
      self = Optional<Wrapped>.some(value)
    } else {
      return nil
    }
  }
  public var argument: ArgumentNode { self?.argument ?? ArgumentNode(.none) }
  public var swiftSource: String { self?.swiftSource ?? "nil" }
}

extension Array: ArgumentConvertible where Element: ArgumentConvertible {
  public static var argumentType: String { "[\(Element.argumentType), …]" }
  /// A single value stands for a list of one.
  public init?(argument: ArgumentNode) throws {
    let nodes: [ArgumentNode] = if case .list(let list) = argument.kind { list } else { [argument] }
    var values: [Element] = []
    for node in nodes {
      guard let value = try Element(argument: node) else { return nil }
      values.append(value)
    }
    self = values
  }
  public var argument: ArgumentNode { ArgumentNode(.list(map(\.argument))) }
  public var swiftSource: String { "[\(map(\.swiftSource).joined(separator: ", "))]" }
}

extension ClosedRange: ArgumentConvertible where Bound == Double {
  public static var argumentType: String { "lower...upper" }
  /// `a...b`, `[a, b]` or one number for both ends.
  public init?(argument: ArgumentNode) throws {
    let ends: [Double]
    switch argument.kind {
    case .range(let a, let b): ends = [a, b]
    case .list: ends = try [Double](argument: argument) ?? []
    default: ends = Double(argument: argument).map { [$0, $0] } ?? []
    }
    guard ends.count == 2, ends[0] <= ends[1] else { return nil }
    self = ends[0]...ends[1]
  }
  public var argument: ArgumentNode { ArgumentNode(.range(lowerBound, upperBound)) }
}

extension Size: ArgumentConvertible {
  public static var argumentType: String { "side | [height, width]" }
  public init?(argument: ArgumentNode) throws {
    guard let sides = try [Int](argument: argument) else { return nil }
    switch sides.count {
    case 1: self.init(sides[0])
    case 2: self.init(width: sides[1], height: sides[0])
    default: return nil
    }
  }
  public var argument: ArgumentNode {
    width == height ? ArgumentNode(.int(width)) : [height, width].argument
  }
  public var swiftSource: String {
    width == height ? "Size(\(width))" : "Size(width: \(width), height: \(height))"
  }
}

extension EdgeInsets: ArgumentConvertible {
  public static var argumentType: String {
    "all | [left and right, top and bottom] | [left, top, right, bottom]"
  }
  public init?(argument: ArgumentNode) throws {
    guard let sides = try [Int](argument: argument) else { return nil }
    switch sides.count {
    case 1: self.init(sides[0])
    case 2: self.init(left: sides[0], top: sides[1], right: sides[0], bottom: sides[1])
    case 4: self.init(left: sides[0], top: sides[1], right: sides[2], bottom: sides[3])
    default: return nil
    }
  }
  public var argument: ArgumentNode {
    left == top && top == right && right == bottom
      ? ArgumentNode(.int(left)) : [left, top, right, bottom].argument
  }
  public var swiftSource: String {
    "EdgeInsets(left: \(left), top: \(top), right: \(right), bottom: \(bottom))"
  }
}

extension Fill: ArgumentConvertible {
  public static var argumentType: String { "value | [value a channel]" }
  public init?(argument: ArgumentNode) throws {
    guard let values = try [Int](argument: argument) else { return nil }
    self.init(values)
  }
  public var argument: ArgumentNode { values.count == 1 ? values[0].argument : values.argument }
  public var swiftSource: String { "Fill(\(values))" }
}

/// An enumeration whose raw values are the words that an argument may be.
public protocol WordArgument: ArgumentConvertible, RawRepresentable<String>, CaseIterable {}

extension WordArgument {
  public static var argumentType: String { allCases.map(\.rawValue).joined(separator: " | ") }
  public init?(argument: ArgumentNode) {
    guard case .string(let word) = argument.kind else { return nil }
    self.init(rawValue: word)
  }
  public var argument: ArgumentNode { ArgumentNode(.string(rawValue)) }
  /// The case's name.
  public var swiftSource: String { ".\(self)" }
}

extension ResampleFilter: WordArgument {}
extension PaddingMode: WordArgument {}
extension DataType: WordArgument {}
extension PillowGeneration: WordArgument {
  /// `pillow` is the newest.
  public init?(argument: ArgumentNode) {
    guard case .string(let word) = argument.kind else { return nil }
    if word == "pillow" { self = .newest } else { self.init(rawValue: word) }
  }
}

/// Transforms as an argument: what `random_apply` and its kin hold.
public struct TransformList: ArgumentConvertible {
  public static var argumentType: String { "[transform, …]" }
  public var transforms: [any ImageTransform]

  public init(_ transforms: [any ImageTransform]) { self.transforms = transforms }

  public init?(argument: ArgumentNode) throws {
    let nodes: [ArgumentNode] = if case .list(let list) = argument.kind { list } else { [argument] }
    transforms = []
    for node in nodes {
      let step: StepNode
      switch node.kind {
      case .step(let s): step = s
      case .string(let name): step = StepNode(name: name, location: node.location)
      default: return nil
      }
      let transform = try TransformRegistry.make(step)
      guard let image = transform as? any ImageTransform else {
        throw PipelineFault(
          message: "\(step.name) works on tensors; only image transforms can stand here",
          location: step.location)
      }
      transforms.append(image)
    }
  }

  public var argument: ArgumentNode {
    ArgumentNode(.list(transforms.map { ArgumentNode(.step(TransformRegistry.node(of: $0))) }))
  }
  public var swiftSource: String {
    "[\(transforms.map { SwiftPrinter.step($0) }.joined(separator: ", "))]"
  }
}
