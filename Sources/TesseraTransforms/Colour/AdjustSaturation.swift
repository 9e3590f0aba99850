public import TesseraCore
private import CKernels

/// Blends every colour with its own gray.
///
/// - Shape: unchanged; L, LA, RGB or RGBA, alpha is kept; gray pictures stay as they are.
///   Range: clamped to 0...255, truncated. Bit for bit Pillow's `ImageEnhance.Color`.
public struct AdjustSaturation: ImageOperation {
  /// 0 gives gray, 1 the picture itself.
  public var factor: Double

  /// - Parameter factor: at least 0.
  public init(factor: Double) {
    self.factor = factor
    _ = checked()
  }

  public static let schema = TransformSchema(
    "adjust_saturation", .operation, "Moves every colour away from its gray, or towards it.",
    prototype: AdjustSaturation(factor: 1), .required("factor", \.factor, "0: gray; 1: unchanged"))

  public func validate() throws { try validateFactor(factor) }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try picture.checked(.eightBit, for: Self.schema.name)
  }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    return image.mapped { source, target in
      tk_saturate_u8(source, image.size.area, image.channels, Float(factor), target)
    }
  }
}
