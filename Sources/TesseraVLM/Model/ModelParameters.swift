internal import TesseraCore

/// A model's parameters by their names in transformers 4.57's files, in the order of the config.
///
/// The tensors themselves are the model: who changes their elements (an optimiser) changes it.
public struct ModelParameters: Sendable {
  public let specs: [ParameterSpec]
  private var tensors: [String: TorchTensor]
  /// What an adapter adds to linear layers, by their names.
  private var adapters: [String: LoRALayer] = [:]

  /// - Precondition: a tensor of its shape for every spec.
  public init(_ specs: [ParameterSpec], _ tensor: (ParameterSpec) throws -> TorchTensor) rethrows {
    self.specs = specs
    var tensors: [String: TorchTensor] = [:]
    for spec in specs {
      let tensor = try tensor(spec)
      precondition(
        tensor.shape == spec.shape, "\(spec.name) has shape \(tensor.shape), the config wants \(spec.shape)")
      tensors[spec.name] = tensor
    }
    self.tensors = tensors
  }

  /// The parameter of a name; nil where the config has none.
  public subscript(name: String) -> TorchTensor? { tensors[name] }

  /// Names, parts and tensors, in order.
  public var all: [(spec: ParameterSpec, tensor: TorchTensor)] {
    specs.compactMap { spec in tensors[spec.name].map { (spec, $0) } }
  }

  /// The parameter of a name. Traps where the config has none: whoever asks has the same config.
  func callAsFunction(_ name: String) -> TorchTensor {
    guard let tensor = tensors[name] else { preconditionFailure("no parameter '\(name)'") }
    return tensor
  }

  /// A linear layer of this name, with its bias if it has one.
  func linear(_ name: String) -> Linear {
    Linear(weight: self("\(name).weight"), bias: self["\(name).bias"], adapter: adapters[name])
  }

  /// A layer norm of this name.
  func layerNorm(_ name: String, epsilon: Double) -> LayerNorm {
    LayerNorm(weight: self("\(name).weight"), bias: self("\(name).bias"), epsilon: epsilon)
  }

  /// A root-mean-square norm of this name.
  func rmsNorm(_ name: String, epsilon: Double) -> RMSNorm {
    RMSNorm(weight: self("\(name).weight"), epsilon: epsilon)
  }

  /// The same parameters after something was done with each (another type, another device, a copy); an adapter on them is
  /// not taken along.
  public func map(_ change: (ParameterSpec, TorchTensor) throws -> TorchTensor) rethrows -> ModelParameters {
    try ModelParameters(specs) { try change($0, self($0.name)) }
  }

  /// These parameters with an adapter on them: its saved modules stand in for ours, all others are shared.
  ///
  /// - Precondition: the adapter's layers and modules are of this config.
  func adapted(by adapter: LoRAAdapter) -> ModelParameters {
    var result = self
    for layer in adapter.layers {
      let weight = self("\(layer.name).weight").shape
      precondition(
        weight == [layer.b.size(0), layer.a.size(1)],
        "the adapter of \(layer.name) is for another shape than \(weight)")
      result.adapters[layer.name] = layer
    }
    for (spec, tensor) in adapter.saved + adapter.replaced {
      precondition(
        self(spec.name).shape == tensor.shape, "the adapter's \(spec.name) has shape \(tensor.shape)")
      result.tensors[spec.name] = tensor
    }
    return result
  }
}
