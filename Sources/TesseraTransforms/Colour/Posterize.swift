public import TesseraCore

/// Keeps the highest bits of every value and clears the rest.
///
/// - Shape: unchanged; L or RGB. Bit for bit Pillow's `ImageOps.posterize`
///   (which since 13 refuses 0 bits; before, and in torchvision, 0 gives black, as here).
public struct Posterize: ImageOperation, PointOperation {
  /// 0 (black) ... 8 (unchanged).
  public var bits: Int

  /// - Parameter bits: 0...8.
  public init(bits: Int) {
    self.bits = bits
    _ = checked()
  }

  public static let schema = TransformSchema(
    "posterize", .operation, "Keeps the highest bits of every value.", prototype: Posterize(bits: 8),
    .required("bits", \.bits, "bits to keep, 0 to 8"))

  public func validate() throws { try Self.validate(bits) }

  static func validate(_ bits: Int) throws {
    guard (0...8).contains(bits) else {
      throw TesseraError(.invalidArgument(name: "bits", expected: "between 0 and 8", got: "\(bits)"))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try picture.checked(.opaque, for: Self.schema.name)
  }

  package var table: [UInt8] { (0...255).map { UInt8($0) & UInt8(truncatingIfNeeded: 0xFF00 >> bits) } }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    return image.mapped(through: table)
  }
}
