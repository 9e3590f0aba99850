public import TesseraCore
private import CCodecs

/// Writes pictures as PNG: gray, gray and alpha, RGB, RGBA at 8 bits, gray at 16.
public struct PNGEncoder: Sendable, Hashable, Codable {
  /// Deflate's effort, 0 (stored) to 9; 6 by default, as Pillow and zlib.
  public var compressionLevel: Int

  /// Traps if `compressionLevel` is not 0...9.
  public init(compressionLevel: Int = 6) {
    precondition(
      (0...9).contains(compressionLevel), "compressionLevel must be 0...9, got \(compressionLevel)")
    self.compressionLevel = compressionLevel
  }

  /// The picture as a PNG file. Equal pictures give equal bytes (of one libpng and zlib).
  ///
  /// - Throws: `invalidInput` for an empty picture, `outOfMemory`; stage `encode`.
  public func encode(_ image: Image) throws -> [UInt8] {
    try requireEncodable(image, as: "PNG", longestSide: 0x7FFF_FFFF)
    return try encoded("PNG") { buffer, error in
      image.withUnsafeBytes { pixels in
        tc_png_encode(
          pixels.baseAddress, image.bytesPerRow, Int32(image.width), Int32(image.height), image.format.layout,
          Int32(compressionLevel), &buffer, &error)
      }
    }
  }
}
