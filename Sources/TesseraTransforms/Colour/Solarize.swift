public import TesseraCore

/// Inverts every value that is not below a threshold.
///
/// - Shape: unchanged; L or RGB. Bit for bit Pillow's `ImageOps.solarize`.
public struct Solarize: ImageOperation, PointOperation {
  /// Levels: values `v < threshold` stay, others become `255 − v`. 0 inverts all, 256 none.
  public var threshold: Double

  /// - Parameter threshold: levels, usually 0...256; need not be whole.
  public init(threshold: Double) {
    self.threshold = threshold
    _ = checked()
  }

  public static let schema = TransformSchema(
    "solarize", .operation, "Inverts every value that is not below a threshold.",
    prototype: Solarize(threshold: 128),
    .required("threshold", \.threshold, "levels, 0 to 256"))

  public func validate() throws { try Self.validate(threshold) }

  static func validate(_ threshold: Double) throws {
    guard threshold.isFinite else {
      throw TesseraError(
        .invalidArgument(name: "threshold", expected: "a finite number", got: "\(threshold)"))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try picture.checked(.opaque, for: Self.schema.name)
  }

  package var table: [UInt8] { (0...255).map { Double($0) < threshold ? $0 : 255 - $0 } }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    return image.mapped(through: table)
  }
}
