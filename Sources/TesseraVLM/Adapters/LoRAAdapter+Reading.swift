internal import TesseraCore
internal import TesseraData

extension LoRAAdapter {
  static let weights = "adapter_model.safetensors"

  /// Opens a directory that PEFT or `write` has made, for a model.
  ///
  /// Names are those of any transformers from 4.40 to 5.x. Every layer that the settings name must have its two
  /// tensors, and every tensor must be asked for.
  ///
  /// - Throws: `io`, `truncated`, `corrupt`, `invalidArgument` for wrong settings, `unsupported` for what PEFT can and
  ///   this cannot (DoRA, trained biases, adapters of embeddings, other kinds), `invalidInput` with the lists of tensors
  ///   that are missing, unexpected or of another shape.
  public init(_ path: String, for model: LlavaModel) throws {
    try self.init(path, config: model.config, type: model.type, device: model.device)
  }

  /// Opens a directory for a model that has not been opened.
  ///
  /// - Parameter type: the model's.
  public init(
    _ path: String, config model: LlavaConfig, type: TorchType = .float32, device: TorchDevice = .cpu
  )
    throws
  {
    let settings = "\(path)/\(PEFTConfig.name)"
    let config = try PEFTConfig.read(FileIO.read(settings, limit: 16 << 20, isRegular: true), file: settings)
    do {
      let file = try Self.file(path)
      let match = try AdapterMatch(file.weights, config, model)
      guard match.report.isEmpty else { throw match.error }
      func tensor(_ weight: StoredWeight, _ type: TorchType) throws -> TorchTensor {
        let mapped = try TorchTensor(mapping: weight)
        let converted = mapped.to(type, device: device)
        return converted.isSame(as: mapped) ? mapped.clone() : converted
      }
      let own = Self.type(beside: type)
      let layers = try match.layers.map { target, a, b in
        LoRALayer(
          name: target.module.name, part: target.module.part, a: try tensor(a, own), b: try tensor(b, own),
          scale: target.scale)
      }
      self.init(
        config, layers, saved: try match.saved.map { ($0, try tensor($1, type)) },
        replaced: try match.replaced.map { ($0, try tensor($1, type)) })
    } catch let error as TesseraError { throw error.with(path: path) }
  }

  private static func file(_ path: String) throws -> WeightsFile {
    if try FileIO.sizeIfThere("\(path)/\(weights)") == nil,
      try FileIO.sizeIfThere("\(path)/adapter_model.bin") != nil
    {
      throw TesseraError(
        .unsupported(
          format: "PEFT adapters",
          feature: "adapter_model.bin, a pickle, which can run code (save it with safe_serialization=True),"),
        path: path)
    }
    return try WeightsFile("\(path)/\(weights)")
  }
}

/// Finds out how an adapter's file names modules, and which tensor is which.
struct AdapterMatch {
  let layout: CheckpointLayout
  private(set) var layers: [(target: LoRATarget, a: StoredWeight, b: StoredWeight)] = []
  private(set) var saved: [(spec: ParameterSpec, weight: StoredWeight)] = []
  private(set) var replaced: [(spec: ParameterSpec, weight: StoredWeight)] = []
  private(set) var report = KeyReport()
  private let expected: Int

  init(_ weights: [StoredWeight], _ config: LoRAConfig, _ model: LlavaConfig) throws {
    var found: [String: StoredWeight] = [:]
    for weight in weights {
      try Self.refuse(weight.name)
      let wrapper = AdapterLayout.wrapper
      let name = weight.name.hasPrefix(wrapper) ? String(weight.name.dropFirst(wrapper.count)) : weight.name
      if found.updateValue(weight, forKey: name) != nil {
        throw TesseraError(
          .corrupt(format: "the adapter", detail: "'\(name)' is there with and without prefix"))
      }
    }
    let layout = Self.layout(found.keys, model)
    self.layout = layout
    let targets = try config.targets(of: model, layout: layout)
    let kept = try config.saved(of: model, layout: layout)
    expected = 2 * targets.count + kept.count
    func take(_ name: String, _ shape: [Int]) -> StoredWeight? {
      guard let weight = found.removeValue(forKey: name) else {
        report.missing.append(AdapterLayout.wrapper + name)
        return nil
      }
      let readable = weight.dataType != nil
      guard weight.shape != shape || !readable else { return weight }
      report.mismatched.append(
        .init(
          name: weight.name, expected: readable ? "\(shape)" : "F32, F16 or BF16",
          found: readable ? "\(weight.shape)" : weight.type.rawValue))
      return nil
    }
    for target in targets {
      let name = layout.name(of: target.module.weight.name).dropLast("weight".count)
      let (a, b) = (take("\(name)lora_A.weight", target.aShape), take("\(name)lora_B.weight", target.bShape))
      if let a, let b { layers.append((target, a, b)) }
    }
    for spec in kept {
      if let weight = take(layout.name(of: spec.name), spec.shape) { saved.append((spec, weight)) }
    }
    // PEFT puts these into the file on its own, whether they have changed or not.
    for spec in ExpectedParameters.llava(model)
    where [ExpectedParameters.embedding, ExpectedParameters.head].contains(spec.name) {
      let name = layout.name(of: spec.name)
      for name in [name, name.dropLast("weight".count) + "base_layer.weight"] where found[name] != nil {
        if let weight = take(name, spec.shape) { replaced.append((spec, weight)) }
      }
    }
    report.unexpected = found.values.map(\.name).sorted()
  }

  /// The layout under which most modules are the model's; the first of equals.
  private static func layout(_ names: some Sequence<String>, _ model: LlavaConfig) -> CheckpointLayout {
    let known = Set(ExpectedParameters.llava(model).map(\.name))
    // A module by its weight; a saved parameter by its own name.
    let parameters = names.map { name in
      for word in [".lora_A.weight", ".lora_B.weight"] where name.hasSuffix(word) {
        return name.dropLast(word.count) + ".weight"
      }
      return name[...]
    }
    let scores = AdapterLayout.candidates.map { layout in
      parameters.count { layout.canonical(String($0)).map(known.contains) ?? false }
    }
    let best = scores.max() ?? 0
    return zip(AdapterLayout.candidates, scores).first { $0.1 == best }?.0 ?? AdapterLayout.candidates[0]
  }

  /// - Throws: `unsupported` for tensors of other kinds of adapters.
  private static func refuse(_ name: String) throws {
    let kinds = [
      ("lora_embedding_", "an adapter of an embedding"), ("lora_magnitude_vector", "DoRA"),
      ("lora_B.bias", "a bias of an adapter"), ("trainable_tokens_", "trained single tokens"),
    ]
    if let (_, words) = kinds.first(where: { name.contains($0.0) }) {
      throw TesseraError(.unsupported(format: "PEFT adapters", feature: "\(words) ('\(name)')"))
    }
  }

  /// The report as an error.
  var error: TesseraError {
    TesseraError(
      .invalidInput(
        operation: "the adapter of \(PEFTConfig.name)",
        expected: "exactly its \(expected) tensors for this model (names read as: \(layout.rawValue))",
        got: "\n\(report.text)"))
  }
}
