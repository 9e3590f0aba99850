public import TesseraCore

/// Inverts every value that is not below a threshold, by chance.
///
/// - Shape: unchanged; L or RGB. Draws `solarize` with the given probability.
public struct RandomSolarize: RandomTransform, ImageTransform {
  /// Levels: values not below it are inverted.
  public var threshold: Double
  public var probability: Double

  /// - Parameters:
  ///   - threshold: levels, usually 0...256.
  ///   - probability: 0...1.
  public init(threshold: Double, probability: Double = 0.5) {
    self.threshold = threshold
    self.probability = probability
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_solarize", .colour, "Inverts every value not below a threshold, by chance.",
    prototype: RandomSolarize(threshold: 128),
    .required("threshold", \.threshold, "levels, 0 to 256"),
    .optional("probability", \.probability, "chance to do it, 0 to 1"))

  public func validate() throws {
    try Chance.validate(probability)
    try Solarize.validate(threshold)
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    try Chance.draw(Solarize(threshold: threshold), probability: probability, for: picture, using: &random)
  }
}
