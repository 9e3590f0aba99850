/// A module of a model that has a weight.
struct LinearModule: Sendable, Hashable {
  /// Its weight.
  let weight: ParameterSpec
  /// Its place among the model's linear layers: which stream of random numbers its adapter begins from.
  let index: Int

  /// Our name, `language_model.model.layers.0.self_attn.q_proj`.
  var name: String { String(weight.name.dropLast(".weight".count)) }
  var part: ParameterSpec.Part { weight.part }
  /// The weight is `[outputs, inputs]`.
  var outputs: Int { weight.shape[0] }
  var inputs: Int { weight.shape[1] }
  /// The last word of the name, `q_proj`.
  var lastName: String { String(name.split(separator: ".").last ?? "") }

  /// The linear layers of a model, in its order.
  static func all(_ specs: [ParameterSpec]) -> [LinearModule] {
    specs.filter(isLinear).enumerated().map { LinearModule(weight: $1, index: $0) }
  }

  /// The name of a weight's module that is not a linear layer: an embedding, a convolution, a norm.
  static func others(_ specs: [ParameterSpec]) -> [String] {
    specs.filter { $0.name.hasSuffix(".weight") && !isLinear($0) }
      .map { String($0.name.dropLast(".weight".count)) }
  }

  private static func isLinear(_ spec: ParameterSpec) -> Bool {
    spec.name.hasSuffix(".weight") && spec.shape.count == 2 && !spec.name.hasSuffix("embed_tokens.weight")
      && !spec.name.hasSuffix("position_embedding.weight")
  }
}
