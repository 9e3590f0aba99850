public import TesseraCore

/// Multiplies every colour value by a factor.
///
/// - Shape: unchanged; L, LA, RGB or RGBA, alpha is kept. Range: clamped to 0...255, truncated.
///   Bit for bit Pillow's `ImageEnhance.Brightness`.
public struct AdjustBrightness: ImageOperation, PointOperation {
  /// 0 gives black, 1 the picture itself.
  public var factor: Double

  /// - Parameter factor: at least 0.
  public init(factor: Double) {
    self.factor = factor
    _ = checked()
  }

  public static let schema = TransformSchema(
    "adjust_brightness", .operation, "Multiplies every colour value by a factor.",
    prototype: AdjustBrightness(factor: 1), .required("factor", \.factor, "0: black; 1: unchanged"))

  public func validate() throws { try validateFactor(factor) }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try picture.checked(.eightBit, for: Self.schema.name)
  }

  package var table: [UInt8] { (0...255).map { blended(from: 0, to: $0, factor: Float(factor)) } }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    return image.mapped(through: table)
  }
}
