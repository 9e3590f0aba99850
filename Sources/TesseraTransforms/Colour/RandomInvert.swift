public import TesseraCore

/// Inverts every value, by chance.
///
/// - Shape: unchanged; L or RGB. Draws `invert` with the given probability.
public struct RandomInvert: RandomTransform, ImageTransform {
  public var probability: Double

  /// - Parameter probability: 0...1.
  public init(probability: Double = 0.5) {
    self.probability = probability
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_invert", .colour, "Inverts every value, by chance.",
    prototype: RandomInvert(),
    .optional("probability", \.probability, "chance to do it, 0 to 1"))

  public func validate() throws {
    try Chance.validate(probability)
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    try Chance.draw(Invert(), probability: probability, for: picture, using: &random)
  }
}
