internal import TesseraCore

/// What decoding a BMP must know beyond its header.
struct BMPPicture {
  /// How the pixels lie in the file.
  enum Coding: Equatable {
    case indexed, rgb555, rgb565, rle8, rle4
    /// A byte a channel: where red, green, blue and (−1: none) alpha stand in a pixel.
    case bytes([Int8])
  }

  var coding: Coding
  var bits: Int
  var isTopDown: Bool
  /// Offset of the pixel data.
  var offset: Int
  /// 256 entries of red, green, blue, 255; empty for pictures without a palette.
  var palette: [UInt8] = []
}

/// Reads a BMP's header and palette as Pillow does.
///
/// One difference: where a palette of 4 or 8 bits is a gray ramp too short for its bits, Pillow reads the indices as
/// gray values of the wrong width; here they remain indices.
struct BMPHeaderReader<Source: ByteSource> {
  private var cursor: ByteCursor<Source>
  private var info = Info()

  /// The fields of the header that count.
  private struct Info {
    var headerSize = 0
    var width = 0
    var height = 0
    var isTopDown = false
    var bits = 0
    var compression = 0
    var colours = 0
    var entryBytes = 4
    var offset = 0
    var perMetre = (0, 0)
    /// Red, green, blue, alpha.
    var masks = [0, 0, 0, 0]
  }

  private init(_ source: Source) { cursor = ByteCursor(source) }

  /// - Throws: bare `TesseraError`s: `truncated`, `corrupt`, `unsupported`.
  static func read(_ source: Source) throws -> StoredPicture {
    var reader = BMPHeaderReader(source)
    return try reader.read()
  }

  private mutating func read() throws -> StoredPicture {
    try readInfo()
    let size = try StoredPicture.size(info.width, info.height, format: "BMP")
    if info.colours == 0 && info.bits < 32 { info.colours = 1 << info.bits }
    if info.offset == 14 + info.headerSize && info.bits <= 8 { info.offset += info.entryBytes * info.colours }
    let coding = try coding()
    var picture = BMPPicture(coding: coding, bits: info.bits, isTopDown: info.isTopDown, offset: 0)
    var mode = "RGB"
    if case .bytes(let order) = coding, order[3] >= 0 { mode = "RGBA" }
    if info.bits <= 8 { mode = try readPalette(into: &picture) }
    picture.offset = info.offset == 0 ? cursor.position : info.offset
    let hasResolution = info.perMetre != (0, 0)
    let header = ImageHeader(
      format: .bmp, mode: mode, size: size, bitsPerSample: bitsPerSample(mode), channels: channels(mode),
      hasAlpha: mode == "RGBA",
      resolution: hasResolution
        ? Resolution(x: Double(info.perMetre.0) / 39.3701, y: Double(info.perMetre.1) / 39.3701, unit: .inch)
        : nil)
    return StoredPicture(header: header, coding: .bmp(picture))
  }

  private func bitsPerSample(_ mode: String) -> Int {
    info.bits <= 8 ? info.bits : info.bits == 16 ? 5 : 8
  }

  private func channels(_ mode: String) -> Int { mode == "RGBA" ? 4 : mode == "RGB" ? 3 : 1 }

  private mutating func readInfo() throws {
    guard let head = try cursor.exactly(18), let offset = head.little32(10),
      let headerSize = head.little32(14)
    else {
      throw StoredPicture.headerEnds("BMP", needs: 18, has: cursor.source.count)
    }
    info.offset = offset
    info.headerSize = headerSize
    guard [12, 40, 52, 56, 64, 108, 124].contains(headerSize) else {
      throw TesseraError(.unsupported(format: "BMP", feature: "a header of \(headerSize) bytes"))
    }
    guard let body = try cursor.exactly(headerSize - 4) else {
      throw StoredPicture.headerEnds("BMP", needs: 14 + headerSize, has: cursor.source.count)
    }
    if headerSize == 12 {
      (info.width, info.height, info.bits) = (body.little16(0)!, body.little16(2)!, body.little16(6)!)
      info.entryBytes = 3
      return
    }
    info.isTopDown = body[7] == 0xFF
    info.width = body.little32(0)!
    info.height = info.isTopDown ? 1 << 32 - body.little32(4)! : body.little32(4)!
    (info.bits, info.compression, info.colours) = (body.little16(10)!, body.little32(12)!, body.little32(28)!)
    info.perMetre = (body.little32(20)!, body.little32(24)!)
    if info.compression == 3 { try readMasks(body) }
  }

  /// The channel masks: in the header from version 2 on, after it before that.
  private mutating func readMasks(_ body: [UInt8]) throws {
    if body.count >= 48 {
      for index in 0..<(body.count >= 52 ? 4 : 3) { info.masks[index] = body.little32(36 + index * 4)! }
    } else {
      guard let masks = try cursor.exactly(12) else {
        throw StoredPicture.headerEnds("BMP", needs: 14 + info.headerSize + 12, has: cursor.source.count)
      }
      for index in 0..<3 { info.masks[index] = masks.little32(index * 4)! }
    }
  }

  private func coding() throws -> BMPPicture.Coding {
    guard [1, 4, 8, 16, 24, 32].contains(info.bits) else {
      throw TesseraError(.unsupported(format: "BMP", feature: "\(info.bits) bits a pixel"))
    }
    switch info.compression {
    case 0: return rawCoding
    case 1, 2:
      guard info.bits <= 8 else {
        throw TesseraError(.corrupt(format: "BMP", detail: "run lengths of \(info.bits)-bit pixels"))
      }
      return info.compression == 1 ? .rle8 : .rle4
    case 3: return try maskedCoding()
    case 4: throw TesseraError(.unsupported(format: "BMP", feature: "JPEG inside"))
    case 5: throw TesseraError(.unsupported(format: "BMP", feature: "PNG inside"))
    default: throw TesseraError(.unsupported(format: "BMP", feature: "compression \(info.compression)"))
    }
  }

  private var rawCoding: BMPPicture.Coding {
    switch info.bits {
    case 16: .rgb555
    case 24, 32: .bytes([2, 1, 0, -1])
    default: .indexed
    }
  }

  /// The channel masks that Pillow knows.
  private func maskedCoding() throws -> BMPPicture.Coding {
    let rgb = Array(info.masks.prefix(3))
    switch info.bits {
    case 16 where rgb == [0xF800, 0x7E0, 0x1F]: return .rgb565
    case 16 where rgb == [0x7C00, 0x3E0, 0x1F]: return .rgb555
    case 24 where rgb == [0xFF0000, 0xFF00, 0xFF]: return .bytes([2, 1, 0, -1])
    case 32:
      let known: [([Int], [Int8])] = [
        ([0xFF_0000, 0xFF00, 0xFF, 0], [2, 1, 0, -1]),
        ([0xFF00_0000, 0xFF_0000, 0xFF00, 0], [3, 2, 1, -1]),
        ([0xFF00_0000, 0xFF00, 0xFF, 0], [3, 1, 0, -1]),
        ([0xFF00_0000, 0xFF_0000, 0xFF00, 0xFF], [3, 2, 1, 0]),
        ([0xFF, 0xFF00, 0xFF_0000, 0xFF00_0000], [0, 1, 2, 3]),
        ([0xFF_0000, 0xFF00, 0xFF, 0xFF00_0000], [2, 1, 0, 3]),
        ([0xFF00_0000, 0xFF00, 0xFF, 0xFF_0000], [3, 1, 0, 2]),
        ([0, 0, 0, 0], [2, 1, 0, 3]),
      ]
      if let order = known.first(where: { $0.0 == info.masks })?.1 { return .bytes(order) }
    default: break
    }
    let masks = info.masks.map { String($0, radix: 16, uppercase: true) }.joined(separator: ", ")
    throw TesseraError(
      .unsupported(format: "BMP", feature: "\(info.bits)-bit pixels with the masks \(masks)"))
  }

  /// Reads the palette, and tells the mode: a ramp from black to white makes the picture gray.
  private mutating func readPalette(into picture: inout BMPPicture) throws -> String {
    guard (1...65536).contains(info.colours) else {
      throw TesseraError(.corrupt(format: "BMP", detail: "a palette of \(info.colours) colours"))
    }
    let stored = try cursor.upTo(info.entryBytes * info.colours)
    let isBilevel = info.colours == 2
    let isRamp = (0..<info.colours).allSatisfy { index in
      let at = index * info.entryBytes
      let value = UInt8(truncatingIfNeeded: isBilevel ? index * 255 : index)
      return at + 3 <= stored.count && stored[at..<at + 3].allSatisfy { $0 == value }
    }
    guard isRamp || stored.count < 257 * info.entryBytes else {
      throw TesseraError(.corrupt(format: "BMP", detail: "a palette of \(info.colours) colours"))
    }
    picture.palette = [UInt8](repeating: 0, count: 1024)
    for index in 0..<256 {
      let at = index * info.entryBytes
      picture.palette[index * 4 + 3] = 255
      for channel in 0..<3 {
        let gray = UInt8(isBilevel ? min(index, 1) * 255 : index)
        let entry = at + 3 <= stored.count && index < info.colours ? stored[at + 2 - channel] : 0
        picture.palette[index * 4 + channel] = isRamp ? gray : entry
      }
    }
    return !isRamp ? "P" : info.colours <= 2 ? "1" : "L"
  }
}
