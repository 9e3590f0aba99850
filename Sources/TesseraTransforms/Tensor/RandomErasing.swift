public import TesseraCore

/// Overwrites a random rectangle of a tensor, by chance.
///
/// Up to ten tries: an area as a share of the picture, an aspect ratio (height over width, equally likely on the
/// logarithm), a place where it fits; a rectangle as high or as wide as the picture is tried again. Semantics of
/// torchvision's `RandomErasing`; source: Zhong et al., "Random Erasing Data Augmentation" (AAAI 2020).
/// - Shape: `[C, H, W]` or `[V, C, H, W]`, unchanged. Draws `erase`.
public struct RandomErasing: RandomTransform, TensorTransform {
  public var probability: Double
  /// Share of the picture's area.
  public var area: ClosedRange<Double>
  /// Height over width.
  public var aspectRatio: ClosedRange<Double>
  public var value: EraseValue

  /// - Parameters:
  ///   - probability: 0...1.
  ///   - area: share of the picture's area, within 0...1.
  ///   - aspectRatio: height over width, above 0.
  ///   - value: one value, one a channel, or `.random`.
  public init(
    probability: Double = 0.5, area: ClosedRange<Double> = 0.02...0.33,
    aspectRatio: ClosedRange<Double> = 0.3...3.3, value: EraseValue = .values([0])
  ) {
    (self.probability, self.area, self.aspectRatio, self.value) = (probability, area, aspectRatio, value)
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_erasing", .tensor, "Overwrites a random rectangle of a tensor, by chance.",
    prototype: RandomErasing(),
    .optional("probability", \.probability, "chance to do it, 0 to 1"),
    .optional("area", \.area, "share of the picture's area"),
    .optional("aspect_ratio", \.aspectRatio, "height over width"),
    .optional("value", \.value, "what erased pixels become"))

  public func validate() throws {
    try Chance.validate(probability)
    guard area.lowerBound >= 0, area.upperBound <= 1 else {
      throw TesseraError(.invalidArgument(name: "area", expected: "within 0...1", got: "\(area)"))
    }
    guard aspectRatio.lowerBound > 0, aspectRatio.upperBound.isFinite else {
      throw TesseraError(.invalidArgument(name: "aspect_ratio", expected: "above 0", got: "\(aspectRatio)"))
    }
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    guard let shape = picture.tensor?.shape, shape.count >= 3 else {
      throw TesseraError(.invalidInput(operation: "random_erasing", expected: "a tensor", got: "an image"))
    }
    let (channels, height, width) = (shape[shape.count - 3], shape[shape.count - 2], shape[shape.count - 1])
    try value.check(channels: channels)
    guard random.bernoulli(probability) else { return [] }
    let ratios = FixedMath.log(aspectRatio.lowerBound)...FixedMath.log(aspectRatio.upperBound)
    for _ in 0..<10 {
      let erased = Double(height * width) * random.uniform(area)
      let ratio = FixedMath.exp(random.uniform(ratios))
      let h = Int((erased * ratio).squareRoot().rounded(.toNearestOrEven))
      let w = Int((erased / ratio).squareRoot().rounded(.toNearestOrEven))
      guard h < height, w < width else { continue }
      let rect = Rect(
        x: random.integer(in: 0...width - w), y: random.integer(in: 0...height - h), width: w, height: h)
      let key = value == .random ? random.split().key : nil
      return h > 0 && w > 0 ? [Erase(rect, value: value, key: key)] : []
    }
    return []
  }
}
