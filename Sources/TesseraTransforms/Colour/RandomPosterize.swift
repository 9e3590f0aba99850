public import TesseraCore

/// Keeps the highest bits of every value, by chance.
///
/// - Shape: unchanged; L or RGB. Draws `posterize` with the given probability.
public struct RandomPosterize: RandomTransform, ImageTransform {
  /// Bits to keep, 0...8.
  public var bits: Int
  public var probability: Double

  /// - Parameters:
  ///   - bits: bits to keep, 0...8.
  ///   - probability: 0...1.
  public init(bits: Int, probability: Double = 0.5) {
    self.bits = bits
    self.probability = probability
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_posterize", .colour, "Keeps the highest bits of every value, by chance.",
    prototype: RandomPosterize(bits: 8),
    .required("bits", \.bits, "bits to keep, 0 to 8"),
    .optional("probability", \.probability, "chance to do it, 0 to 1"))

  public func validate() throws {
    try Chance.validate(probability)
    try Posterize.validate(bits)
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    try Chance.draw(Posterize(bits: bits), probability: probability, for: picture, using: &random)
  }
}
