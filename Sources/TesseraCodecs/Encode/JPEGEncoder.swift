public import TesseraCore
private import CCodecs

/// Writes pictures as JPEG through libjpeg-turbo, with the meaning that Pillow's `save` gives to each option.
public struct JPEGEncoder: Sendable, Hashable, Codable {
  /// How many chroma samples are kept for a block of pixels.
  public enum Subsampling: String, Sendable, Hashable, Codable, CaseIterable {
    case yuv444 = "4:4:4"
    case yuv422 = "4:2:2"
    case yuv420 = "4:2:0"
  }

  /// 1...100 on libjpeg's scale.
  public var quality: Int
  public var subsampling: Subsampling
  /// Several scans that refine each other.
  public var progressive: Bool
  /// Huffman tables made for this picture: smaller, slower, the same pixels.
  public var optimize: Bool

  /// Traps if `quality` is not 1...100. The defaults are Pillow's.
  public init(
    quality: Int = 75, subsampling: Subsampling = .yuv420, progressive: Bool = false, optimize: Bool = false
  ) {
    precondition((1...100).contains(quality), "quality must be 1...100, got \(quality)")
    self.quality = quality
    self.subsampling = subsampling
    self.progressive = progressive
    self.optimize = optimize
  }

  /// The picture as a JPEG file.
  ///
  /// - Throws: `invalidInput` for an empty picture, one with alpha or 16 bits, or a side over 65,500; stage `encode`.
  public func encode(_ image: Image) throws -> [UInt8] {
    guard image.format == .gray || image.format == .rgb else {
      throw TesseraError(
        .invalidInput(
          operation: "JPEG", expected: "an 8-bit gray or RGB picture", got: image.format.pillowMode),
        stage: .encode)
    }
    try requireEncodable(image, as: "JPEG", longestSide: 65_500)
    let factors: (Int32, Int32) =
      switch subsampling {
      case .yuv444: (1, 1)
      case .yuv422: (2, 1)
      case .yuv420: (2, 2)
      }
    var options = tc_jpeg_encode_options(
      quality: Int32(quality), horizontal: factors.0, vertical: factors.1, progressive: progressive ? 1 : 0,
      optimize: optimize ? 1 : 0)
    return try encoded("JPEG") { buffer, error in
      image.withUnsafeBytes { pixels in
        tc_jpeg_encode(
          pixels.baseAddress, image.bytesPerRow, Int32(image.width), Int32(image.height),
          Int32(image.channels),
          &options, &buffer, &error)
      }
    }
  }
}
