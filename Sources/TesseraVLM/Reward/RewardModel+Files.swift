internal import TesseraCore
internal import TesseraData

extension RewardModel {
  /// Opens a reward model's directory.
  ///
  /// - Parameters: as of `LlavaModel.init`.
  /// - Throws: what `LlavaModel.init` throws; `invalidInput` for a directory without a head, or with one of another shape;
  ///   `corrupt` for a mean or deviation that is none.
  public init(
    _ checkpoint: Checkpoint, type: TorchType? = nil, device: TorchDevice = .cpu, writable: Bool = false
  ) throws {
    let trunk = try LlavaModel(checkpoint, type: type, device: device, writable: writable)
    guard let weight = checkpoint.rewardHead?.weight else {
      throw TesseraError(
        .invalidInput(
          operation: "a reward model",
          expected: "a directory with \(Self.headName) (tessera-vlm reward makes one)",
          got: "none"),
        path: checkpoint.path)
    }
    let shape = [1, trunk.config.text.hiddenSize]
    guard weight.shape == shape else {
      throw TesseraError(
        .invalidInput(operation: Self.headName, expected: "shape \(shape)", got: "\(weight.shape)"),
        path: checkpoint.path)
    }
    let mapped = try TorchTensor(mapping: weight)
    let head = mapped.to(trunk.decoder.embedding.type, device: device)
    self.init(
      trunk, head: writable && head.isSame(as: mapped) ? head.clone() : head,
      mean: try Self.number("reward_mean", 0, checkpoint),
      deviation: try Self.number("reward_std", 1, checkpoint))
    guard mean.isFinite, deviation > 0, deviation.isFinite else {
      throw TesseraError(
        .corrupt(
          format: "config.json",
          detail: "reward_mean \(mean) and reward_std \(deviation): not finite, or not above 0"),
        path: checkpoint.path)
    }
  }

  private static func number(_ key: String, _ standard: Double, _ checkpoint: Checkpoint) throws -> Double {
    switch checkpoint.configValue[key] {
    case nil, .null: return standard
    case .int(let value): return Double(value)
    case .double(let value): return value
    case let value?:
      throw TesseraError(
        .corrupt(format: "config.json", detail: "\(key) must be a number, is \(value.kind)"),
        path: "\(checkpoint.path)/config.json")
    }
  }

  /// Writes the model as a Hugging Face LLaVA directory with `score.weight`, each weight in its own type.
  ///
  /// - Throws: `invalidInput` for a trunk with an adapter; what the writer throws.
  public func write(
    to path: String, sideFiles: SideFiles = SideFiles(), writer: CheckpointWriter = CheckpointWriter()
  ) throws {
    guard trunk.adapter == nil else {
      throw TesseraError(
        .invalidInput(
          operation: "writing a reward model", expected: "one without an adapter", got: "an adapter"),
        path: path)
    }
    var config = trunk.config
    config.source = config.source.with("reward_mean", .double(mean)).with("reward_std", .double(deviation))
    let spec = ParameterSpec(name: Self.headName, shape: head.shape, part: .head)
    func tensor(_ spec: ParameterSpec) -> TorchTensor? {
      spec.name == Self.headName ? head : trunk.parameters[spec.name]
    }
    try writer.write(
      config, to: path, types: { tensor($0)?.type.dataType ?? .float32 }, extra: [spec], sideFiles: sideFiles
    ) { spec, body in
      guard let tensor = tensor(spec) else {
        throw TesseraError(
          .invalidInput(
            operation: "writing the reward model", expected: "'\(spec.name)'", got: "no such parameter"))
      }
      let plain = try AnyTensor(sharing: tensor)
      try plain.withUnsafeBytes { try body(plain.dataType, $0) }
    }
  }
}
