internal import TesseraCore

extension ModelParameters {
  /// The parameters of a model that has learned nothing yet.
  ///
  /// As transformers begins: norms are 1, biases 0. In decoder and projector everything else is normal with
  /// `initializer_range`. In a CLIP tower it is normal with 0.02; in a SigLIP tower linear layers are uniform in
  /// ±√(6 / (in + out)) (Glorot & Bengio 2010), patches normal with 1/√inputs, positions normal with 1/√width.
  ///
  /// - Parameters:
  ///   - positionRange: the standard deviation of the tower's position embeddings; nil for its kind's own.
  ///   - type: float32 or float64.
  ///   - seed: equal seeds give equal weights; each parameter has its own stream of numbers.
  public init(
    new config: LlavaConfig, positionRange: Double? = nil, type: TorchType = .float32,
    device: TorchDevice = .cpu, seed: UInt64
  ) {
    let specs = ExpectedParameters.llava(config)
    let places = Dictionary(specs.enumerated().map { ($1.name, $0) }) { first, _ in first }
    self.init(specs) { spec in
      var random = RandomStream(seed: seed, operation: UInt32(places[spec.name] ?? 0))
      let initialization = Initialization(spec, config, positionRange)
      let values = initialization.values(spec.count, &random)
      return TorchTensor(values, shape: spec.shape).to(type, device: device)
    }
  }
}

/// How a new parameter's numbers are drawn.
private enum Initialization {
  case constant(Float)
  case normal(Double)
  case uniform(Double)

  private static let positions = "position_embedding.weight"

  init(_ spec: ParameterSpec, _ config: LlavaConfig, _ positionRange: Double?) {
    let isNorm = spec.name.contains("norm") && spec.name.hasSuffix(".weight")
    if isNorm {
      self = .constant(1)
    } else if spec.name.hasSuffix("bias") {
      self = .constant(0)
    } else if spec.part != .vision {
      self = .normal(config.text.initializerRange)
    } else if let positionRange, spec.name.hasSuffix(Self.positions) {
      self = .normal(positionRange)
    } else if config.vision.kind == .clip {
      self = .normal(config.vision.initializerRange)
    } else {
      self = .siglip(spec, width: config.vision.hiddenSize)
    }
  }

  private static func siglip(_ spec: ParameterSpec, width: Int) -> Initialization {
    if spec.name.hasSuffix(positions) { return .normal(1 / Double(width).squareRoot()) }
    let inputs = spec.shape.dropFirst().reduce(1, *)
    if spec.shape.count == 4 { return .normal(1 / Double(inputs).squareRoot()) }
    return .uniform((6 / Double(inputs + spec.shape[0])).squareRoot())
  }

  func values(_ count: Int, _ random: inout RandomStream) -> [Float] {
    switch self {
    case .constant(let value): Array(repeating: value, count: count)
    case .normal(let deviation): (0..<count).map { _ in Float(random.normal() * deviation) }
    case .uniform(let bound): (0..<count).map { _ in Float(random.uniform(-bound...bound)) }
    }
  }
}
