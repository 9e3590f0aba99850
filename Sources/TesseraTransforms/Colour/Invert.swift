public import TesseraCore

/// Replaces every value `v` by `255 − v`.
///
/// - Shape: unchanged; L or RGB. Bit for bit Pillow's `ImageOps.invert`.
public struct Invert: ImageOperation, PointOperation {
  public init() {}

  public static let schema = TransformSchema(
    "invert", .operation, "Inverts every value.", prototype: Invert())

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try picture.checked(.opaque, for: Self.schema.name)
  }

  package var table: [UInt8] { (0...255).map { 255 - $0 } }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    return image.mapped(through: table)
  }
}
