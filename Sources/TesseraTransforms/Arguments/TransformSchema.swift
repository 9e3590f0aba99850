/// What a transform is for.
public enum TransformGroup: String, Sendable, CaseIterable {
  case geometry, colour, noise, tensor, model, composition
  /// An operation with fixed numbers, as draws print it.
  case operation
}

/// A transform's name, arguments and help, and how to make and read one.
public struct TransformSchema: Sendable {
  /// The name in text, YAML and JSON: `random_resized_crop`.
  public let name: String
  /// Other names that are understood, such as torchvision's.
  public let aliases: [String]
  public let group: TransformGroup
  /// One line of help.
  public let summary: String
  public let arguments: [ArgumentSchema]
  let make: @Sendable (StepNode) throws -> any Transform
  let read: @Sendable (any Transform) -> [ArgumentNode]
  /// The type's name and the Swift source of each argument with its label.
  let swift: @Sendable (any Transform) -> String

  /// Describes the transform `Root`.
  ///
  /// - Parameters:
  ///   - prototype: carries the defaults of all arguments that are not required.
  ///   - arguments: in the order in which they may stand without their names.
  public init<Root: Transform>(
    _ name: String, aliases: [String] = [], _ group: TransformGroup, _ summary: String, prototype: Root,
    _ arguments: Argument<Root>...
  ) {
    self.name = name
    self.aliases = aliases
    self.group = group
    self.summary = summary
    self.arguments = arguments.map { argument in
      ArgumentSchema(
        name: argument.name, type: argument.type,
        defaultValue: argument.isRequired ? nil : argument.get(prototype), summary: argument.summary,
        isBare: argument.isRequired || argument.label.isEmpty)
    }
    self.make = { step in try Self.make(step, prototype, arguments) }
    self.read = { transform in
      guard let root = transform as? Root else { preconditionFailure("\(type(of: transform)) is no \(name)") }
      return arguments.map { $0.get(root) }
    }
    self.swift = { transform in
      guard let root = transform as? Root else { preconditionFailure("\(type(of: transform)) is no \(name)") }
      let given = arguments.filter { argument in
        argument.isRequired || argument.get(root).quoted != argument.get(prototype).quoted
      }
      let list = given.map { $0.label.isEmpty ? $0.source(root) : "\($0.label): \($0.source(root))" }
      return "\(Root.self)(\(list.joined(separator: ", ")))"
    }
  }

  private static func make<Root: Transform>(
    _ step: StepNode, _ prototype: Root, _ arguments: [Argument<Root>]
  ) throws -> Root {
    var root = prototype
    var seen: Set<String> = []
    var position = 0
    for given in step.arguments {
      let argument: Argument<Root>
      if let name = given.name {
        guard let found = arguments.first(where: { $0.name == name }) else {
          let allowed = arguments.map(\.name).joined(separator: ", ")
          throw PipelineFault(
            message: "\(step.name) has no argument '\(name)'"
              + Suggestion.near(name, among: arguments.map(\.name))
              + (allowed.isEmpty ? "; it takes none" : "; it takes: \(allowed)"),
            location: given.location)
        }
        argument = found
      } else {
        guard position < arguments.count else {
          throw PipelineFault(
            message: "\(step.name) takes \(arguments.count) argument\(arguments.count == 1 ? "" : "s")",
            location: given.location)
        }
        argument = arguments[position]
        position += 1
      }
      guard seen.insert(argument.name).inserted else {
        throw PipelineFault(
          message: "\(step.name): argument '\(argument.name)' is given twice", location: given.location)
      }
      guard try argument.set(&root, given.value) else {
        throw PipelineFault(
          message: "\(step.name): \(argument.name) must be \(argument.type), got \(given.value.quoted)",
          location: given.value.location)
      }
    }
    if let missing = arguments.first(where: { $0.isRequired && !seen.contains($0.name) }) {
      throw PipelineFault(
        message: "\(step.name) needs the argument '\(missing.name)' (\(missing.type))",
        location: step.location)
    }
    do { try root.validate() } catch let fault as PipelineFault {
      throw fault
    } catch {
      throw PipelineFault(message: "\(step.name): \(error)", location: step.location)
    }
    return root
  }
}

/// An argument as help shows it.
public struct ArgumentSchema: Sendable {
  public let name: String
  public let type: String
  /// Nil where the argument is required.
  public let defaultValue: ArgumentNode?
  public let summary: String
  /// Whether text writes the value without the name, where it comes first.
  let isBare: Bool
  public var isRequired: Bool { defaultValue == nil }
}

/// One argument of the transform `Root`: its name and where it is kept.
public struct Argument<Root>: Sendable {
  let name: String
  let type: String
  let isRequired: Bool
  let summary: String
  let set: @Sendable (inout Root, ArgumentNode) throws -> Bool
  let get: @Sendable (Root) -> ArgumentNode
  /// The label in Swift; empty for none.
  let label: String
  let source: @Sendable (Root) -> String

  private init<V: ArgumentConvertible>(
    _ name: String, _ path: any WritableKeyPath<Root, V> & Sendable, isRequired: Bool, label: String?,
    _ summary: String
  ) {
    self.label = label ?? SwiftPrinter.camelCase(name)
    self.source = { $0[keyPath: path].swiftSource }
    self.name = name
    self.type = V.argumentType
    self.isRequired = isRequired
    self.summary = summary
    self.set = { root, node in
      guard let value = try V(argument: node) else { return false }
      root[keyPath: path] = value
      return true
    }
    self.get = { $0[keyPath: path].argument }
  }

  /// An argument that must be given.
  ///
  /// - Parameter label: its label in Swift where that is not `name` in camel case; empty for none.
  public static func required<V: ArgumentConvertible>(
    _ name: String, _ path: any WritableKeyPath<Root, V> & Sendable, label: String? = nil, _ summary: String
  ) -> Argument { Argument(name, path, isRequired: true, label: label, summary) }

  /// An argument whose default is the prototype's.
  ///
  /// - Parameter label: its label in Swift where that is not `name` in camel case; empty for none.
  public static func optional<V: ArgumentConvertible>(
    _ name: String, _ path: any WritableKeyPath<Root, V> & Sendable, label: String? = nil, _ summary: String
  ) -> Argument { Argument(name, path, isRequired: false, label: label, summary) }
}
