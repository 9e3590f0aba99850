public import TesseraCore

/// Stretches each channel so that its darkest value becomes 0 and its brightest 255.
///
/// - Shape: unchanged; L or RGB. A channel of one value stays. Bit for bit Pillow's `ImageOps.autocontrast`.
public struct Autocontrast: ImageOperation {
  public init() {}

  public static let schema = TransformSchema(
    "autocontrast", .operation, "Stretches each channel to 0...255.", prototype: Autocontrast())

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try picture.checked(.opaque, for: Self.schema.name)
  }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    return image.mapped(throughEach: image.histogram().flatMap(Self.table))
  }

  /// `v · scale + offset` in double, truncated: the product and the sum in this order, as Pillow's.
  static func table(_ counts: [Int64]) -> [UInt8] {
    guard let low = counts.firstIndex(where: { $0 > 0 }), let high = counts.lastIndex(where: { $0 > 0 }),
      high > low
    else { return Image.identityTable }
    let scale = 255.0 / Double(high - low)
    let offset = Double(-low) * scale
    return (0...255).map { UInt8(min(max(Double($0) * scale + offset, 0), 255)) }
  }
}
