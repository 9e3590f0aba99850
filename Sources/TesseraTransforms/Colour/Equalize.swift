public import TesseraCore

/// Spreads the values of each channel so that all levels occur about equally often.
///
/// - Shape: unchanged; L or RGB. A channel of one value stays. Bit for bit Pillow's `ImageOps.equalize`.
public struct Equalize: ImageOperation {
  public init() {}

  public static let schema = TransformSchema(
    "equalize", .operation, "Equalizes each channel's histogram.", prototype: Equalize())

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try picture.checked(.opaque, for: Self.schema.name)
  }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    return image.mapped(throughEach: image.histogram().flatMap(Self.table))
  }

  /// Each value becomes the count of the values below it in steps of a 255th of the picture.
  ///
  /// The brightest level is left out of the total; the sum starts at half a step; levels over 255 are clamped.
  static func table(_ counts: [Int64]) -> [UInt8] {
    let occurring = counts.filter { $0 > 0 }
    guard occurring.count > 1 else { return Image.identityTable }
    let step = (occurring.reduce(0, +) - occurring.last!) / 255
    guard step > 0 else { return Image.identityTable }
    var sum = step / 2
    return counts.map { count in
      defer { sum += count }
      return UInt8(min(sum / step, 255))
    }
  }
}
