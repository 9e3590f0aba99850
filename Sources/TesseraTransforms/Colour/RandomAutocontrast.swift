public import TesseraCore

/// Stretches each channel to 0...255, by chance.
///
/// - Shape: unchanged; L or RGB. Draws `autocontrast` with the given probability.
public struct RandomAutocontrast: RandomTransform, ImageTransform {
  public var probability: Double

  /// - Parameter probability: 0...1.
  public init(probability: Double = 0.5) {
    self.probability = probability
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_autocontrast", .colour, "Stretches each channel to 0...255, by chance.",
    prototype: RandomAutocontrast(),
    .optional("probability", \.probability, "chance to do it, 0 to 1"))

  public func validate() throws {
    try Chance.validate(probability)
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    try Chance.draw(Autocontrast(), probability: probability, for: picture, using: &random)
  }
}
