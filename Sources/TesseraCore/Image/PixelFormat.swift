/// How the pixels of an `Image` are stored. Channels are interleaved.
public enum PixelFormat: String, Sendable, Hashable, Codable, CaseIterable {
  /// 8-bit gray (Pillow's `L`).
  case gray
  /// 8-bit gray and alpha (Pillow's `LA`).
  case grayAlpha
  /// 8-bit red, green, blue (Pillow's `RGB`).
  case rgb
  /// 8-bit red, green, blue, alpha, not premultiplied (Pillow's `RGBA`).
  case rgba
  /// 16-bit gray in the machine's byte order (Pillow's `I;16`).
  case gray16

  /// Channels a pixel: 1, 2, 3 or 4.
  public var channels: Int {
    switch self {
    case .gray, .gray16: 1
    case .grayAlpha: 2
    case .rgb: 3
    case .rgba: 4
    }
  }

  /// Bytes a channel: 2 for `gray16`, else 1.
  public var bytesPerChannel: Int { self == .gray16 ? 2 : 1 }

  /// Bytes a pixel.
  public var bytesPerPixel: Int { channels * bytesPerChannel }

  /// Whether the last channel is alpha.
  public var hasAlpha: Bool { self == .grayAlpha || self == .rgba }

  /// Channels that carry colour, alpha left out.
  public var colourChannels: Int { hasAlpha ? channels - 1 : channels }

  /// Pillow's name of the mode: `L`, `LA`, `RGB`, `RGBA` or `I;16`.
  public var pillowMode: String {
    switch self {
    case .gray: "L"
    case .grayAlpha: "LA"
    case .rgb: "RGB"
    case .rgba: "RGBA"
    case .gray16: "I;16"
    }
  }
}
