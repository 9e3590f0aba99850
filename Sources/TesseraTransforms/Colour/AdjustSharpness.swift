public import TesseraCore
private import CKernels

/// Blends a picture with its smoothed self.
///
/// Smoothing is the 3×3 filter (1 1 1, 1 5 1, 1 1 1) / 13; edge pixels are not smoothed, nor are pictures under
/// three pixels in width or height.
/// - Shape: unchanged; L, LA, RGB or RGBA, alpha is kept. Range: clamped to 0...255, truncated.
///   Bit for bit Pillow's `ImageEnhance.Sharpness`.
public struct AdjustSharpness: ImageOperation {
  /// 0 gives the smoothed picture, 1 the picture itself, 2 one that is twice as sharp.
  public var factor: Double

  /// - Parameter factor: at least 0.
  public init(factor: Double) {
    self.factor = factor
    _ = checked()
  }

  public static let schema = TransformSchema(
    "adjust_sharpness", .operation, "Moves a picture away from its smoothed self, or towards it.",
    prototype: AdjustSharpness(factor: 1),
    .required("factor", \.factor, "0: smoothed; 1: unchanged; 2: sharper"))

  public func validate() throws { try validateFactor(factor) }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try picture.checked(.eightBit, for: Self.schema.name)
  }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    let smooth = image.mapped { source, target in
      tk_smooth_u8(source, image.width, image.height, image.channels, target)
    }
    let blended = smooth.withUnsafeBytes { smooth in
      image.mapped { source, target in
        tk_blend_u8(smooth.baseAddress!, source, image.byteCount, Float(factor), target)
      }
    }
    return blended.withAlpha(of: image)
  }
}
