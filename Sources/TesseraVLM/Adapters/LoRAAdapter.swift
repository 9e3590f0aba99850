internal import TesseraCore

/// A low-rank adapter of a model: what it adds to linear layers, and the modules that it replaces.
///
/// The model's own weights stay as they are: they may be mapped from their files and shared by several adapters. The
/// tensors here are what a trainer moves.
public struct LoRAAdapter: Sendable {
  public let config: LoRAConfig
  /// In the order of the model's layers.
  public let layers: [LoRALayer]
  /// Parameters that are trained whole and stand in for the model's (`modulesToSave`), in its order.
  public let saved: [(spec: ParameterSpec, tensor: TorchTensor)]
  /// Weights of the embedding or the head that stand in for the model's, but do not learn: PEFT saves them with an adapter
  /// of the head, or where the vocabulary has grown.
  public let replaced: [(spec: ParameterSpec, tensor: TorchTensor)]
  private let places: [String: Int]

  init(
    _ config: LoRAConfig, _ layers: [LoRALayer], saved: [(spec: ParameterSpec, tensor: TorchTensor)],
    replaced: [(spec: ParameterSpec, tensor: TorchTensor)] = []
  ) {
    (self.config, self.layers, self.saved, self.replaced) = (config, layers, saved, replaced)
    places = Dictionary(layers.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }

  /// A new adapter, which changes nothing yet: A uniform in ±1/√in (Kaiming with a = √5, as PEFT), B 0, saved modules
  /// copies of the model's.
  ///
  /// Each layer's A is a function of the seed, the layer's place in the model and the shape alone.
  ///
  /// - Throws: `invalidArgument` for wrong settings or where no layer is named, `unsupported` where something is that
  ///   cannot have an adapter.
  public init(_ config: LoRAConfig, for model: LlavaModel, seed: UInt64 = 0) throws {
    let type = Self.type(beside: model.type)
    let layers = try config.targets(of: model.config).map { target in
      var random = RandomStream(seed: seed, operation: UInt32(target.module.index))
      let bound = 1 / Double(target.module.inputs).squareRoot()
      let values = (0..<target.rank * target.module.inputs).map { _ in Float(random.uniform(-bound...bound)) }
      return LoRALayer(
        name: target.module.name, part: target.module.part,
        a: TorchTensor(values, shape: target.aShape).to(type, device: model.device),
        b: TorchTensor.zeros(target.bShape, type: type, device: model.device), scale: target.scale)
    }
    let saved = try config.saved(of: model.config).map { ($0, model.parameters($0.name).detach().clone()) }
    self.init(config, layers, saved: saved)
  }

  /// The type of A and B beside a model's.
  static func type(beside type: TorchType) -> TorchType { type == .float64 ? .float64 : .float32 }

  /// What is added to a layer, by the layer's name; nil where nothing is.
  ///
  /// - Complexity: O(1).
  public subscript(name: String) -> LoRALayer? { places[name].map { layers[$0] } }

  /// All tensors that learn, by their names: `….q_proj.lora_A.weight`, `….q_proj.lora_B.weight`, and saved modules'
  /// under their own.
  public var all: [(spec: ParameterSpec, tensor: TorchTensor)] {
    layers.flatMap { layer in
      [("lora_A", layer.a), ("lora_B", layer.b)].map { word, tensor in
        (
          spec: ParameterSpec(
            name: "\(layer.name).\(word).weight", shape: tensor.shape, part: layer.part), tensor: tensor
        )
      }
    } + saved
  }

  /// How many numbers learn.
  public var count: Int { all.reduce(0) { $0 + $1.spec.count } }

  /// The tensors that learn, from now on with gradients recorded.
  ///
  /// - Throws: `unsupported` for an adapter that was trained with dropout: it would go on without.
  public func trainable() throws -> [(spec: ParameterSpec, tensor: TorchTensor)] {
    guard config.dropout == 0 else {
      throw TesseraError(
        .unsupported(
          format: "LoRA",
          feature:
            "training with dropout (lora_dropout \(config.dropout); set it to 0 in adapter_config.json)"))
    }
    for (_, tensor) in all { tensor.requiresGrad = true }
    return all
  }
}

extension LoRAAdapter: CustomStringConvertible {
  /// `rank 8, scale 2.0, 21 layers of language (q_proj, v_proj), 53760 numbers; whole: multi_modal_projector.…`.
  public var description: String {
    func list<T: Comparable & Hashable>(_ values: [T]) -> String {
      Set(values).sorted().map { "\($0)" }.joined(separator: ", ")
    }
    let names = Set(layers.map { $0.name.split(separator: ".").last.map(String.init) ?? "" }).sorted()
    let parts = list(layers.map(\.part.rawValue))
    let whole = saved.isEmpty ? "" : "; learned whole: \(saved.map(\.spec.name).joined(separator: ", "))"
    return
      "rank \(list(layers.map(\.rank))), scale \(list(layers.map(\.scale))), \(layers.count) layers of \(parts) "
      + "(\(names.joined(separator: ", "))), \(count) numbers\(whole)"
  }
}

extension LlavaModel {
  /// This model with an adapter: it shares all weights that the adapter does not replace.
  ///
  /// - Precondition: the model has none yet, and the adapter is of this model.
  public func adapted(by adapter: LoRAAdapter) -> LlavaModel {
    precondition(self.adapter == nil, "the model has an adapter")
    return LlavaModel(config, parameters, adapter: adapter)
  }
}
