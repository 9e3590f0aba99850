public import TesseraCore

/// Equalizes each channel's histogram, by chance.
///
/// - Shape: unchanged; L or RGB. Draws `equalize` with the given probability.
public struct RandomEqualize: RandomTransform, ImageTransform {
  public var probability: Double

  /// - Parameter probability: 0...1.
  public init(probability: Double = 0.5) {
    self.probability = probability
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_equalize", .colour, "Equalizes each channel's histogram, by chance.",
    prototype: RandomEqualize(),
    .optional("probability", \.probability, "chance to do it, 0 to 1"))

  public func validate() throws {
    try Chance.validate(probability)
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    try Chance.draw(Equalize(), probability: probability, for: picture, using: &random)
  }
}
