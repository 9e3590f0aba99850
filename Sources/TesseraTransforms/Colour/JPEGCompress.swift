private import TesseraCodecs
public import TesseraCore

/// Compresses a picture as JPEG with one quality and decodes it again.
///
/// Baseline, chroma at half resolution, libjpeg's accurate integer transforms: what Pillow's `save(quality=)` and
/// `open` do, to the bit where both use libjpeg-turbo.
/// - Shape: unchanged; L or RGB, sides of at most 65,500.
public struct JPEGCompress: ImageOperation {
  /// 1...100.
  public var quality: Int

  /// - Parameter quality: 1...100.
  public init(quality: Int) {
    self.quality = quality
    _ = checked()
  }

  public static let schema = TransformSchema(
    "jpeg_compress", .operation, "Compresses as JPEG and decodes again.",
    prototype: JPEGCompress(quality: 75),
    .required("quality", \.quality, "1 to 100"))

  public func validate() throws {
    guard (1...100).contains(quality) else {
      throw TesseraError(.invalidArgument(name: "quality", expected: "between 1 and 100", got: "\(quality)"))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    _ = try picture.checked(.opaque, for: Self.schema.name)
    guard picture.size.shorter > 0, picture.size.longer <= 65_500 else {
      throw TesseraError(
        .invalidInput(operation: Self.schema.name, expected: "sides of 1...65500", got: "\(picture.size)"))
    }
    return picture
  }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    let bytes = try JPEGEncoder(quality: quality).encode(image)
    var policy = DecodePolicy.pillow
    policy.output = .asStored
    // The picture was in memory a moment ago: no limit on what it may take.
    policy.limits = .none
    return try ImageDecoder().decode(bytes, DecodeRequest(policy: policy))
  }
}
