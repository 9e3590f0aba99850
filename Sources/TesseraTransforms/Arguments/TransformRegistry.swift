/// All transforms by name: what text, YAML and JSON can say, and what `tessera transforms` lists.
public enum TransformRegistry {
  /// The built-in transforms, group by group (each group is a list beside its files).
  public static let builtIn: [any Transform.Type] =
    geometry + resizing + colour + noise + tensor + model + composition

  static let byName: [String: any Transform.Type] = {
    var table: [String: any Transform.Type] = [:]
    for type in builtIn {
      for name in [type.schema.name] + type.schema.aliases {
        precondition(table.updateValue(type, forKey: name) == nil, "two transforms are named \(name)")
      }
    }
    return table
  }()

  /// The schemas of all transforms.
  public static var schemas: [TransformSchema] { builtIn.map { $0.schema } }

  static func make(_ step: StepNode) throws -> any Transform {
    guard let type = byName[step.name] else {
      let names = schemas.map(\.name)
      throw PipelineFault(
        message: "there is no transform '\(step.name)'" + Suggestion.near(step.name, among: names)
          + "; allowed are: \(names.sorted().joined(separator: ", "))",
        location: step.location)
    }
    return try type.schema.make(step)
  }

  /// The name and arguments of a transform; arguments at their defaults are left out.
  static func node(of transform: any Transform) -> StepNode {
    let schema = type(of: transform).schema
    let values = schema.read(transform)
    var step = StepNode(name: schema.name)
    var positional = true
    for (argument, value) in zip(schema.arguments, values) {
      if let standard = argument.defaultValue, standard.quoted == value.quoted {
        positional = false
        continue
      }
      let bare = positional && argument.isBare
      var given = StepNode.Argument(name: argument.name, value: value)
      given.isBare = bare
      step.arguments.append(given)
      positional = bare
    }
    return step
  }
}
