public import TesseraCore

/// What a picture file says of itself, read without decoding a pixel.
///
/// Sizes are those *stored*: an orientation of 5 to 8 exchanges width and height when it is applied
/// (`ImageDecoder.info(for:policy:)` tells the decoded size).
public struct ImageHeader: Sendable, Hashable, Codable {
  public var format: ImageFormat
  /// Pillow's name of the mode that `Image.open` gives: `1`, `L`, `LA`, `P`, `RGB`, `RGBA`, `CMYK`, `I;16`, `I`.
  public var mode: String
  /// Stored width and height in pixels.
  public var size: Size
  /// Bits of one stored sample (of a palette index for palette pictures).
  public var bitsPerSample: Int
  /// Samples a stored pixel has: 1 for gray and palette, 2 gray and alpha, 3 RGB or YCbCr, 4 RGBA or CMYK.
  public var channels: Int
  /// How the picture is to be turned, as Pillow's `exif_transpose` sees it: from EXIF, else from XMP.
  public var orientation: Orientation
  /// JPEG: several scans that refine each other.
  public var isProgressive: Bool
  /// PNG: Adam7.
  public var isInterlaced: Bool
  /// Whether pixels carry transparency: an alpha channel, or PNG's tRNS.
  public var hasAlpha: Bool
  /// Whether a colour profile is embedded.
  public var hasICCProfile: Bool
  /// Pixels an inch, or the pixels' aspect ratio.
  public var resolution: Resolution?
  /// JPEG's chroma subsampling in the usual notation (`4:4:4`, `4:2:2`, `4:2:0`, `4:4:0`, `4:1:1`, `4:1:0`), or the
  /// sampling factors (`2x2,2x1,1x1`) where there is none; `nil` for gray pictures and other formats.
  public var subsampling: String?
  /// Whether the file holds an animation (APNG, animated WebP); its first frame is what is decoded.
  public var isAnimated: Bool
  /// The quality that an encoder of libjpeg's family was asked for (libjpeg, libjpeg-turbo, Pillow, OpenCV), 1 to
  /// 100; `nil` for tables of other makers and for other formats.
  public var jpegQuality: Int?

  public var width: Int { size.width }
  public var height: Int { size.height }

  /// The size once the orientation is applied.
  public var orientedSize: Size { orientation.size(of: size) }

  public init(
    format: ImageFormat, mode: String, size: Size, bitsPerSample: Int, channels: Int,
    orientation: Orientation = .upright,
    isProgressive: Bool = false, isInterlaced: Bool = false, hasAlpha: Bool = false,
    hasICCProfile: Bool = false, resolution: Resolution? = nil, subsampling: String? = nil,
    isAnimated: Bool = false, jpegQuality: Int? = nil
  ) {
    self.format = format
    self.mode = mode
    self.size = size
    self.bitsPerSample = bitsPerSample
    self.channels = channels
    self.orientation = orientation
    self.isProgressive = isProgressive
    self.isInterlaced = isInterlaced
    self.hasAlpha = hasAlpha
    self.hasICCProfile = hasICCProfile
    self.resolution = resolution
    self.subsampling = subsampling
    self.isAnimated = isAnimated
    self.jpegQuality = jpegQuality
  }

  /// Reads the header of a picture in memory.
  ///
  /// - Parameter policy: where `truncated` is `fillGray`, damage to metadata is overlooked that Pillow overlooks then.
  /// - Throws: `TesseraError` of stage `header`: `unknownFormat`, `unsupported`, `truncated` or `corrupt`.
  public init(bytes: [UInt8], policy: DecodePolicy = .tessera) throws {
    self = try bytes.withUnsafeBytes { try ImageHeader(bytes: $0, policy: policy) }
  }

  /// Reads the header of a picture in memory. The pointer is used inside the call only.
  ///
  /// - Parameter policy: where `truncated` is `fillGray`, damage to metadata is overlooked that Pillow overlooks then.
  /// - Throws: `TesseraError` of stage `header`: `unknownFormat`, `unsupported`, `truncated` or `corrupt`.
  public init(bytes: UnsafeRawBufferPointer, policy: DecodePolicy = .tessera) throws {
    self = try StoredPicture(reading: MemorySource(bytes), lenient: policy.truncated == .fillGray).header
  }

  /// Reads the header of a picture file. Only the parts that say something are read, not the pixels' data.
  ///
  /// - Parameter policy: where `truncated` is `fillGray`, damage to metadata is overlooked that Pillow overlooks then.
  /// - Throws: `TesseraError` with the path: `io` (stage `read`), or as `init(bytes:policy:)`.
  public init(path: String, policy: DecodePolicy = .tessera) throws {
    do {
      self = try StoredPicture(reading: FileSource(path: path), lenient: policy.truncated == .fillGray).header
    } catch let error as TesseraError {
      throw error.with(path: path)
    }
  }
}
