public import TesseraCore
internal import TesseraData

extension LlavaModel {
  /// Opens a directory of a whole model.
  ///
  /// Weights of the wanted type stay mapped: their pages are read once, when they are touched, and the system can take
  /// them back. Others are converted, one tensor at a time. A mapped weight must not be written: take a model to
  /// train with `writable`.
  ///
  /// - Parameters:
  ///   - type: what the model computes in; nil for the type that most of the weights have in the files.
  ///   - writable: whether every weight gets memory of its own.
  /// - Throws: what `Checkpoint` throws; `invalidInput` for a directory of a part alone.
  public init(
    _ checkpoint: Checkpoint, type: TorchType? = nil, device: TorchDevice = .cpu, writable: Bool = false
  ) throws {
    guard case .llava(let config) = checkpoint.config else {
      throw TesseraError(
        .invalidInput(
          operation: "a vision-language model",
          expected: "a LLaVA directory (tessera-vlm init joins a vision tower and a decoder into one)",
          got: "a \(checkpoint.config.kindName)"),
        path: checkpoint.path)
    }
    self.init(
      config, try ModelParameters(checkpoint, type: type, device: device, writable: writable))
  }
}

extension ModelParameters {
  /// The parameters of a directory, of a whole model or a part.
  ///
  /// - Parameters: as of `LlavaModel.init`.
  public init(
    _ checkpoint: Checkpoint, type: TorchType? = nil, device: TorchDevice = .cpu, writable: Bool = false
  ) throws {
    let wanted = type ?? TorchType(checkpoint.mainType)
    let weights = Dictionary(
      checkpoint.parameters.map { ($0.spec.name, $0.weight) }, uniquingKeysWith: { first, _ in first })
    try self.init(checkpoint.parameters.map(\.spec)) { spec in
      guard let weight = weights[spec.name] else { preconditionFailure("no weight '\(spec.name)'") }
      let stored = try TorchTensor(mapping: weight)
      let tensor = stored.to(wanted, device: device)
      return writable && tensor.isSame(as: stored) ? tensor.clone() : tensor
    }
  }
}

extension Checkpoint {
  /// The type that most of the weights' elements are stored in.
  public var mainType: DataType {
    var counts: [DataType: Int] = [:]
    for parameter in parameters {
      if let type = parameter.weight.dataType { counts[type, default: 0] += parameter.spec.count }
    }
    return counts.max { ($0.value, $1.key.rawValue) < ($1.value, $0.key.rawValue) }?.key ?? .float32
  }
}

extension StoredWeight {
  /// The element type, where it is one that tensors have.
  var dataType: DataType? {
    switch type {
    case .float32: .float32
    case .float16: .float16
    case .bfloat16: .bfloat16
    default: nil
    }
  }
}

extension TorchTensor {
  /// A weight where it lies in its mapped file. It must only be read.
  ///
  /// - Throws: `truncated` if the file was cut short, `unsupported` for a type that weights do not have.
  convenience init(mapping weight: StoredWeight) throws {
    guard let type = weight.dataType else {
      throw TesseraError(
        .unsupported(format: "weights", feature: "type \(weight.type.rawValue) of '\(weight.name)'"),
        path: weight.path)
    }
    let block = try weight.block(alignment: type.byteCount)
    self.init(sharing: AnyTensor(shape: weight.shape, dataType: type, block: block))
  }
}
