internal import TesseraCore
internal import TesseraTransforms

extension LoRARecipe {
  /// The adapter's settings for a model.
  ///
  /// - Parameter plan: parts that are trained whole besides: they are saved with the adapter.
  /// - Throws: `invalidArgument` for a name that no linear layer of the parts has.
  func config(_ model: LlavaConfig, _ plan: ParameterPlan) throws -> LoRAConfig {
    var config = LoRAConfig()
    (config.rank, config.alpha, config.usesRootScaling) = (rank, alpha, usesRootScaling)
    config.targets = .parts(chosenParts, named: targets.isEmpty ? nil : targets)
    if plan.projector.isTrained { config.modulesToSave = ["multi_modal_projector"] }
    let layers = LinearModule.all(ExpectedParameters.llava(model))
    var names: [String] = []
    for layer in layers where chosenParts.contains(layer.part) && !names.contains(layer.lastName) {
      names.append(layer.lastName)
    }
    if let other = targets.first(where: { !names.contains($0) }) {
      throw TesseraError(
        .invalidArgument(
          name: "lora.targets",
          expected: "\(Self.allLinear) or names of linear layers (\(names.joined(separator: ", ")))",
          got: "'\(other)'\(Suggestion.near(other, among: names))"))
    }
    return config
  }

  /// What the frozen weights are computed in.
  func computeType(_ checkpoint: Checkpoint) -> TorchType {
    switch baseType {
    case .float32: return .float32
    case .bfloat16: return .bfloat16
    case .auto:
      // Processors are slow with half types, but a large model has no room to be widened. Not float16: its small
      // gradients are 0.
      let count = checkpoint.parameters.reduce(0) { $0 + $1.spec.count }
      return count <= 1_000_000_000 ? .float32 : .bfloat16
    }
  }

  /// Opens a directory with a new adapter on its weights, which stay mapped where they are stored in the type that they
  /// are computed in.
  ///
  /// - Throws: what `LlavaModel` and `LoRAAdapter` throw; `invalidArgument` as `config`.
  func model(_ checkpoint: Checkpoint, _ plan: ParameterPlan, seed: UInt64) throws -> LlavaModel {
    var base = try LlavaModel(checkpoint, type: computeType(checkpoint))
    if plan.projector.isTrained {
      // What is trained is float32: moments of half types lose small steps.
      base = LlavaModel(
        base.config, base.parameters.map { $0.part == .projector ? $1.to(.float32) : $1 })
    }
    return base.adapted(by: try LoRAAdapter(config(base.config, plan), for: base, seed: seed))
  }
}
