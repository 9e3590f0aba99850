public import TesseraCore

/// Mixes a picture with several chains of operations on it.
///
/// Draws `mix`: chains of one to three operations (or `chain_depth`), their weights from Dirichlet and Beta
/// distributions of `alpha`. Tables and arithmetic as torchvision's, which however does the chains on tensors; here
/// they are the operations on pictures that the other augmentations use, so shears, shifts and rotations sample as
/// Pillow does. Masks and boxes stay: the mix shows the picture in several places.
/// Source: Hendrycks et al., "AugMix" (2020).
/// - Shape: unchanged; L or RGB.
public struct AugMix: RandomTransform, ImageTransform {
  /// Strength 1...10: each operation takes a step below it, of ten.
  public var severity: Int
  /// The number of chains.
  public var mixtureWidth: Int
  /// Operations a chain; below 1: one to three by chance.
  public var chainDepth: Int
  /// Concentration of the weights: large gives equal ones.
  public var alpha: Double
  /// Whether brightness, contrast, colour and sharpness take part.
  public var allOperations: Bool
  public var filter: ResampleFilter { style.filter }
  public var fill: Fill { style.fill }
  var style: AugmentationStyle

  /// - Parameters:
  ///   - severity: 1...10.
  ///   - mixtureWidth: at least 1.
  ///   - chainDepth: operations a chain; below 1: one to three by chance.
  ///   - alpha: above 0.
  ///   - allOperations: whether brightness, contrast, colour and sharpness take part.
  ///   - filter: nearest, bilinear or bicubic.
  ///   - fill: the colour of pixels that no source pixel covers.
  public init(
    severity: Int = 3, mixtureWidth: Int = 3, chainDepth: Int = -1, alpha: Double = 1,
    allOperations: Bool = true,
    filter: ResampleFilter = .bilinear, fill: Fill = .zero
  ) {
    (self.severity, self.mixtureWidth, self.chainDepth) = (severity, mixtureWidth, chainDepth)
    (self.alpha, self.allOperations) = (alpha, allOperations)
    style = AugmentationStyle(filter: filter, fill: fill)
    _ = checked()
  }

  /// Steps of strength (torchvision's `PARAMETER_MAX`).
  private static let steps = 10

  public static let schema = TransformSchema(
    "aug_mix", .composition, "Mixes a picture with several chains of operations on it.", prototype: AugMix(),
    .optional("severity", \.severity, "strength, 1 to 10"),
    .optional("mixture_width", \.mixtureWidth, "chains"),
    .optional("chain_depth", \.chainDepth, "operations a chain; below 1: one to three"),
    .optional("alpha", \.alpha, "concentration of the weights"),
    .optional(
      "all_ops", \.allOperations, label: "allOperations", "with brightness, contrast, colour, sharpness"),
    .optional("filter", \.style.filter, "nearest, bilinear or bicubic"),
    .optional("fill", \.style.fill, "colour where nothing is"))

  public func validate() throws {
    try style.validate()
    guard (1...Self.steps).contains(severity) else {
      throw TesseraError(.invalidArgument(name: "severity", expected: "between 1 and 10", got: "\(severity)"))
    }
    guard mixtureWidth >= 1 else {
      throw TesseraError(
        .invalidArgument(name: "mixture_width", expected: "at least 1", got: "\(mixtureWidth)"))
    }
    guard alpha > 0, alpha.isFinite else {
      throw TesseraError(.invalidArgument(name: "alpha", expected: "above 0", got: "\(alpha)"))
    }
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    _ = try picture.checked(.opaque, for: Self.schema.name)
    let space = allOperations ? AugmentationSpace.augMix : .augMixPartial
    let share = random.dirichlet(alpha, count: 2)
    let weights = random.dirichlet(alpha, count: mixtureWidth).map { Double(Float($0) * Float(share[1])) }
    let chains = (0..<mixtureWidth).map { _ in
      let depth = chainDepth > 0 ? chainDepth : random.integer(in: 1...3)
      return (0..<depth).flatMap { _ in
        space.draw(steps: Self.steps, for: picture.size, style: style, using: &random) {
          $0.integer(in: 0...severity - 1)
        }
      }
    }
    return [Mix(original: Double(Float(share[0])), weights: weights, chains: chains)]
  }
}
