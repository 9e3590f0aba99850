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
  ///   - type: what the model computes in; nil for the type that most of the weights have in the files, or float32
  ///     where the device cannot compute in that (float16 on a processor, by an older libtorch).
  ///   - writable: whether every weight gets memory of its own.
  /// - Throws: what `Checkpoint` throws; `invalidInput` for a directory of a part alone; `unsupported` for a `type`
  ///   that the device cannot compute in.
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
    let stored = TorchType(checkpoint.mainType)
    if let type, !type.computes(on: device) {
      throw TesseraError(
        .unsupported(
          format: "libtorch \(TorchRuntime.version)", feature: "computing in \(type.rawValue) on \(device)"),
        path: checkpoint.path)
    }
    let wanted = type ?? (stored.computes(on: device) ? stored : .float32)
    let weights = Dictionary(
      checkpoint.parameters.map { ($0.spec.name, $0.weight) }, uniquingKeysWith: { first, _ in first })
    try self.init(checkpoint.parameters.map(\.spec)) { spec in
      guard let weight = weights[spec.name] else { preconditionFailure("no weight '\(spec.name)'") }
      let mapped = try TorchTensor(mapping: weight)
      let tensor = mapped.to(wanted, device: device)
      return writable && tensor.isSame(as: mapped) ? tensor.clone() : tensor
    }
  }
}

extension TorchType {
  /// Whether libtorch has what a model needs in this type on a device.
  package func computes(on device: TorchDevice) -> Bool {
    isFloatingPoint && !(self == .float16 && device == .cpu && Self.isLackingHalf)
  }

  /// Whether this libtorch's processor lacks float16: asked by operators on one element, since versions
  /// differ in which they have.
  private static let isLackingHalf: Bool = {
    let one = TorchTensor.ones([1, 1, 1, 1], type: .float16)
    do {
      _ = try TorchTensor.call(
        "conv2d",
        [.tensor(one), .tensor(one), .none, .ints([1, 1]), .ints([0, 0]), .ints([1, 1]), .int(1)])
      _ = try TorchTensor.call("mm", [.tensor(one.reshape(1, 1)), .tensor(one.reshape(1, 1))])
      _ = try TorchTensor.call("softmax", overload: "int", [.tensor(one), .int(-1), .none])
      return false
    } catch { return true }
  }()
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
  /// The element type, where it is one that weights are read in.
  var dataType: DataType? { type.dataType.flatMap { $0.isFloatingPoint ? $0 : nil } }
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
