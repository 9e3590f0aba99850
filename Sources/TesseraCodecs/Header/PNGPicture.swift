internal import TesseraCore

/// What decoding a PNG must know beyond its header.
struct PNGPicture {
  var bitDepth = 0
  /// PNG's number: 0 gray, 2 RGB, 3 palette, 4 gray and alpha, 6 RGBA.
  var colorType = 0
  var isInterlaced = false
  /// Offset of the first IDAT chunk.
  var idatOffset = 0
  /// PLTE's bytes.
  var palette: [UInt8]?
  /// tRNS's bytes.
  var transparency: [UInt8]?
  /// The chunk that the file's end cuts short, if it is one behind the first IDAT: an error unless the last row ends
  /// in it, as in Pillow.
  var cut: (offset: Int, error: TesseraError)?

  /// Whether tRNS makes anything transparent.
  var hasTransparency: Bool { transparency != nil && colorType <= 3 }

  /// Pillow's mode.
  var mode: String {
    switch (colorType, bitDepth) {
    case (0, 1): "1"
    case (0, 16): "I;16"
    case (0, _): "L"
    case (2, _): "RGB"
    case (3, _): "P"
    // Pillow has no mode of 16-bit gray with alpha, and opens it as RGBA.
    case (4, 8): "LA"
    default: "RGBA"
    }
  }

  /// Samples a stored pixel has.
  var channels: Int { [0: 1, 2: 3, 3: 1, 4: 2, 6: 4][colorType]! }

  /// 256 entries of red, green, blue, alpha; what the file leaves out is opaque black.
  var fullPalette: [UInt8] {
    var table = [UInt8](repeating: 0, count: 1024)
    let colours = palette ?? []
    for index in 0..<256 {
      for channel in 0..<3 where index * 3 + 2 < colours.count {
        table[index * 4 + channel] = colours[index * 3 + channel]
      }
      table[index * 4 + 3] = transparency.flatMap { index < $0.count ? $0[index] : nil } ?? 255
    }
    return table
  }

  /// The transparent colour of a gray or RGB picture, on the scale on which its samples are decoded.
  var transparentColour: [UInt16]? {
    guard let transparency, colorType == 0 || colorType == 2 else { return nil }
    let values = (0..<(colorType == 0 ? 1 : 3)).compactMap { transparency.big16($0 * 2) }
    let top = (1 << bitDepth) - 1
    // Gray of 1, 2 and 4 bits is decoded to 0...255.
    return values.map { UInt16(bitDepth < 8 ? ($0 & top) * 255 / top : $0 & 0xFFFF) }
  }
}
