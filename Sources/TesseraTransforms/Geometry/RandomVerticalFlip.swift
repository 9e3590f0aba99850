public import TesseraCore

/// Exchanges top and bottom by chance.
public struct RandomVerticalFlip: ImageTransform, RandomTransform {
  /// How often, 0...1.
  public var probability: Double

  public init(probability: Double = 0.5) {
    self.probability = probability
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_vertical_flip", .geometry, "Exchanges top and bottom by chance.", prototype: RandomVerticalFlip(),
    .optional("probability", \.probability, "how often, 0 to 1"))

  public func validate() throws { try Check.probability(probability) }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    random.bernoulli(probability) ? [VerticalFlip()] : []
  }
}
