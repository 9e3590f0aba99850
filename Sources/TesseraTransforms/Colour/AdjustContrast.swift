public import TesseraCore
private import CKernels

/// Blends every value with the picture's mean gray.
///
/// The mean is of the gray picture (as `grayscale` gives it), rounded half up to a whole level.
/// - Shape: unchanged; L, LA, RGB or RGBA, alpha is kept. Range: clamped to 0...255, truncated.
///   Bit for bit Pillow's `ImageEnhance.Contrast`.
public struct AdjustContrast: ImageOperation {
  /// 0 gives flat gray, 1 the picture itself.
  public var factor: Double

  /// - Parameter factor: at least 0.
  public init(factor: Double) {
    self.factor = factor
    _ = checked()
  }

  public static let schema = TransformSchema(
    "adjust_contrast", .operation, "Moves every value away from the mean gray, or towards it.",
    prototype: AdjustContrast(factor: 1), .required("factor", \.factor, "0: flat gray; 1: unchanged"))

  public func validate() throws { try validateFactor(factor) }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try picture.checked(.eightBit, for: Self.schema.name)
  }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    if image.size.area == 0 { return image }
    let sum = image.withUnsafeBytes { bytes in
      tk_gray_sum(bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), image.size.area, image.channels)
    }
    let mean = Int(Double(sum) / Double(image.size.area) + 0.5)
    return image.mapped(through: (0...255).map { blended(from: mean, to: $0, factor: Float(factor)) })
  }
}
