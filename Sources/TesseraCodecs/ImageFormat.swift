/// A kind of picture file, found from its first bytes, never from its name.
public enum ImageFormat: String, Sendable, Hashable, Codable, CaseIterable {
  case jpeg, png, webp, bmp
  /// PBM, PGM and PPM, plain and raw (`P1` to `P6`).
  case pnm
  /// Recognised, so that an error can name them, but not decoded.
  case tiff, gif, heif, avif, jpeg2000, jpegxl, jpegxr, ico, psd, svg, pam, pfm, qoi, exr, hdr, dds, icns,
    eps,
    pdf, fits

  /// Bytes from the start of a file that `init(detecting:)` looks at; more are ignored.
  public static let detectionByteCount = 256

  /// Whether `ImageDecoder` decodes it.
  public var isDecodable: Bool {
    switch self {
    case .jpeg, .png, .webp, .bmp, .pnm: true
    default: false
    }
  }

  /// The format's usual name: `JPEG`, `PNG`, `JPEG 2000` …
  public var name: String {
    switch self {
    case .webp: "WebP"
    case .jpeg2000: "JPEG 2000"
    case .jpegxl: "JPEG XL"
    case .jpegxr: "JPEG XR"
    case .exr: "OpenEXR"
    case .hdr: "Radiance HDR"
    default: rawValue.uppercased()
    }
  }

  /// The format that these first bytes of a file belong to, or `nil`.
  public init?(detecting bytes: UnsafeRawBufferPointer) {
    guard let format = Self.byMagic(bytes) ?? Self.byContainer(bytes) ?? Self.byText(bytes) else {
      return nil
    }
    self = format
  }

  /// The format that these first bytes of a file belong to, or `nil`.
  public init?(detecting bytes: [UInt8]) {
    guard let format = bytes.withUnsafeBytes({ ImageFormat(detecting: $0) }) else { return nil }
    self = format
  }

  /// Formats that start with fixed bytes.
  private static let magic: [(ImageFormat, [UInt8])] = [
    (.jpeg, [0xFF, 0xD8, 0xFF]),
    (.png, [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]),
    (.bmp, Array("BM".utf8)),
    (.gif, Array("GIF87a".utf8)), (.gif, Array("GIF89a".utf8)),
    (.tiff, [0x49, 0x49, 0x2A, 0x00]), (.tiff, [0x4D, 0x4D, 0x00, 0x2A]),
    (.tiff, [0x49, 0x49, 0x2B, 0x00]), (.tiff, [0x4D, 0x4D, 0x00, 0x2B]),
    (.jpegxr, [0x49, 0x49, 0xBC, 0x01]),
    (.jpegxl, [0xFF, 0x0A]), (.jpegxl, [0, 0, 0, 0x0C, 0x4A, 0x58, 0x4C, 0x20]),
    (.jpeg2000, [0, 0, 0, 0x0C, 0x6A, 0x50, 0x20, 0x20]), (.jpeg2000, [0xFF, 0x4F, 0xFF, 0x51]),
    (.psd, Array("8BPS".utf8)), (.qoi, Array("qoif".utf8)), (.dds, Array("DDS ".utf8)),
    (.icns, Array("icns".utf8)), (.exr, [0x76, 0x2F, 0x31, 0x01]),
    (.ico, [0, 0, 1, 0]), (.ico, [0, 0, 2, 0]),
    (.hdr, Array("#?RADIANCE".utf8)), (.hdr, Array("#?RGBE".utf8)),
    (.eps, Array("%!PS".utf8)), (.eps, [0xC5, 0xD0, 0xD3, 0xC6]), (.pdf, Array("%PDF".utf8)),
    (.fits, Array("SIMPLE  =".utf8)),
  ]

  private static func byMagic(_ bytes: UnsafeRawBufferPointer) -> ImageFormat? {
    magic.first { bytes.starts(with: $0.1) }?.0
  }

  /// RIFF (WebP) and ISO base media files (HEIF, AVIF).
  private static func byContainer(_ bytes: UnsafeRawBufferPointer) -> ImageFormat? {
    guard bytes.count >= 12 else { return nil }
    if bytes.starts(with: "RIFF".utf8), bytes[8..<12].elementsEqual("WEBP".utf8) { return .webp }
    guard bytes[4..<8].elementsEqual("ftyp".utf8) else { return nil }
    // The major brand decides; `mif1` and `msf1` say nothing of the codec, the compatible brands do.
    let length = min(bytes.count, max(16, Int(bytes[3]) | Int(bytes[2]) << 8))
    let brands = [8..<12] + stride(from: 16, to: length - 3, by: 4).map { $0..<$0 + 4 }
    let names = brands.map { String(decoding: bytes[$0], as: UTF8.self) }
    if names.contains(where: { $0 == "avif" || $0 == "avis" }) { return .avif }
    let heif: Set<String> = ["heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1"]
    return names.contains(where: heif.contains) ? .heif : nil
  }

  /// Formats that start as text: the Netpbm family and SVG.
  private static func byText(_ bytes: UnsafeRawBufferPointer) -> ImageFormat? {
    if bytes.count >= 3, bytes[0] == UInt8(ascii: "P"), isSpace(bytes[2]) {
      switch bytes[1] {
      case UInt8(ascii: "1")...UInt8(ascii: "6"): return .pnm
      case UInt8(ascii: "7"): return .pam
      case UInt8(ascii: "f"), UInt8(ascii: "F"): return .pfm
      default: break
      }
    }
    let head = String(decoding: bytes.prefix(detectionByteCount), as: UTF8.self)
    let text = head.drop { $0.isWhitespace || $0 == "\u{FEFF}" }
    if text.hasPrefix("<svg") { return .svg }
    return text.hasPrefix("<?xml") && text.contains("<svg") ? .svg : nil
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

extension ImageFormat: CustomStringConvertible {
  public var description: String { name }
}
