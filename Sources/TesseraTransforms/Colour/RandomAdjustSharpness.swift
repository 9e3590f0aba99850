public import TesseraCore

/// Blurs or sharpens by a fixed factor, by chance.
///
/// - Shape: unchanged; L, LA, RGB or RGBA. Draws `adjust_sharpness` with the given probability.
public struct RandomAdjustSharpness: RandomTransform, ImageTransform {
  /// 0 smoothed, 1 unchanged, 2 sharper.
  public var factor: Double
  public var probability: Double

  /// - Parameters:
  ///   - factor: 0 smoothed, 1 unchanged, 2 sharper.
  ///   - probability: 0...1.
  public init(factor: Double, probability: Double = 0.5) {
    self.factor = factor
    self.probability = probability
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_adjust_sharpness", .colour, "Blurs or sharpens by a fixed factor, by chance.",
    prototype: RandomAdjustSharpness(factor: 1),
    .required("sharpness_factor", \.factor, label: "factor", "0: smoothed; 1: unchanged; 2: sharper"),
    .optional("probability", \.probability, "chance to do it, 0 to 1"))

  public func validate() throws {
    try Chance.validate(probability)
    try validateFactor(factor)
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    try Chance.draw(AdjustSharpness(factor: factor), probability: probability, for: picture, using: &random)
  }
}
