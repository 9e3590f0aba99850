internal import TesseraCore

/// Which of a model's parameters are trained, part by part, and how fast.
public struct ParameterPlan: Sendable {
  /// What is done with a part.
  public struct Part: Sendable, Hashable {
    public var isTrained: Bool
    /// What the run's learning rate is multiplied by.
    public var learningRateScale: Double

    public init(isTrained: Bool = true, learningRateScale: Double = 1) {
      (self.isTrained, self.learningRateScale) = (isTrained, learningRateScale)
    }

    public static let frozen = Part(isTrained: false)
  }

  public var vision = Part()
  public var projector = Part()
  /// The decoder with its embedding and head.
  public var decoder = Part()

  public init() {}

  /// What a plan makes of a model.
  public struct Selection: Sendable {
    /// What the optimiser moves.
    public let trained: [NamedParameter]
    /// Parts that were frozen, with their numbers of parameters.
    public let frozen: [(name: String, count: Int)]
    /// Parameters that no gradient reaches, though their part is trained: layers behind the last that is used. They are
    /// saved as they are.
    public let unreached: [ParameterSpec]

    /// How many numbers are trained.
    public var trainedCount: Int { trained.reduce(0) { $0 + $1.tensor.count } }
  }

  /// Marks a model's parameters: those that are trained require gradients, the others do not.
  ///
  /// Of a model with an adapter only the adapter is trained: its matrices at the run's learning rate, modules that it
  /// saves whole at their part's.
  ///
  /// - Throws: `unsupported` for weights to train that are not float32 or float64 (moments of half types lose small
  ///   steps: train with `autocast` instead).
  public func apply(to model: LlavaModel) throws -> Selection {
    if let adapter = model.adapter { return try apply(to: adapter, of: model) }
    var (trained, unreached): ([NamedParameter], [ParameterSpec]) = ([], [])
    var frozen: [String: Int] = [:]
    for (spec, tensor) in model.parameters.all {
      let (name, part) = part(of: spec)
      let isUsed = model.config.reaches(spec)
      let isTrained = part.isTrained && isUsed
      if isTrained && tensor.type != .float32 && tensor.type != .float64 {
        throw TesseraError(
          .unsupported(format: "training", feature: "weights of \(tensor.type.rawValue) ('\(spec.name)')"))
      }
      tensor.requiresGrad = isTrained
      if isTrained {
        trained.append(NamedParameter(spec.name, tensor, learningRateScale: part.learningRateScale))
      } else if part.isTrained {
        unreached.append(spec)
      } else {
        frozen[name, default: 0] += spec.count
      }
    }
    return Selection(
      trained: trained, frozen: frozen.sorted { $0.key < $1.key }.map { ($0.key, $0.value) },
      unreached: unreached)
  }

  private func apply(to adapter: LoRAAdapter, of model: LlavaModel) throws -> Selection {
    let whole = Set(adapter.saved.map(\.spec.name))
    var frozen: [String: Int] = [:]
    for (spec, tensor) in model.parameters.all where !whole.contains(spec.name) {
      tensor.requiresGrad = false
      frozen[part(of: spec).0, default: 0] += spec.count
    }
    let trained = try adapter.trainable().map { spec, tensor in
      if tensor.type != .float32 && tensor.type != .float64 {
        throw TesseraError(
          .unsupported(format: "training", feature: "weights of \(tensor.type.rawValue) ('\(spec.name)')"))
      }
      let scale = whole.contains(spec.name) ? part(of: spec).1.learningRateScale : 1
      return NamedParameter(spec.name, tensor, learningRateScale: scale)
    }
    return Selection(
      trained: trained, frozen: frozen.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }, unreached: [])
  }

  /// Whether a parameter of a model is trained: its part is, and it takes part in the output.
  func isTrained(_ spec: ParameterSpec, of config: LlavaConfig) -> Bool {
    part(of: spec).1.isTrained && config.reaches(spec)
  }

  private func part(of spec: ParameterSpec) -> (String, Part) {
    switch spec.part {
    case .vision: ("vision", vision)
    case .projector: ("projector", projector)
    case .language, .head: ("decoder", decoder)
    }
  }
}

extension LlavaConfig {
  /// Whether a parameter takes part in the model's output: what stands behind the last layer of the tower that is used
  /// does not.
  func reaches(_ spec: ParameterSpec) -> Bool {
    guard spec.part == .vision, spec.name.hasPrefix(ExpectedParameters.vision) else { return true }
    let name = spec.name.dropFirst(ExpectedParameters.vision.count)
    if name.hasPrefix("post_layernorm.") || name.hasPrefix("head.") { return false }
    let layers = "encoder.layers."
    guard name.hasPrefix(layers), let index = Int(name.dropFirst(layers.count).prefix { $0 != "." }) else {
      return true
    }
    return index < usedVisionLayers
  }
}
