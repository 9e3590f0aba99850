private import CCodecs
internal import TesseraCore

// Beside the reader, which is generic and so can keep no constants: made once, not a chunk.

/// The fewest bytes of chunks that have a least length.
private let leastLengths: [String: Int] = [
  "IHDR": 13, "gAMA": 4, "cHRM": 32, "sRGB": 1, "pHYs": 9, "acTL": 8, "fcTL": 26,
]
/// The bits that each colour type may have.
private let bitDepths = [0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16]]
/// Chunks behind the pixels that say something.
private let tailNames: [StaticString] = ["eXIf", "tEXt", "zTXt", "iTXt"]

/// Reads a PNG's chunks with Pillow's judgement: what stands before the pixels must be whole and carry right
/// checksums; what follows them is looked through for metadata only.
struct PNGHeaderReader<Source: ByteSource> {
  private var cursor: ByteCursor<Source>
  private let lenient: Bool
  private var picture = PNGPicture()
  private var text = PNGText()
  private var size: Size?
  private var profile: [UInt8]?
  private var resolution: Resolution?
  private var frames: Int?
  private var frameControls = 0

  private init(_ source: Source, lenient: Bool) {
    cursor = ByteCursor(source)
    self.lenient = lenient
  }

  /// - Throws: bare `TesseraError`s: `truncated`, `corrupt`, `unsupported`.
  static func read(_ source: Source, lenient: Bool) throws -> StoredPicture {
    var reader = PNGHeaderReader(source, lenient: lenient)
    return try reader.read()
  }

  private mutating func read() throws -> StoredPicture {
    cursor.position = 8
    while try readChunk() {}
    guard let size else { throw corrupt("pixels before IHDR") }
    guard picture.colorType != 3 || picture.palette != nil else {
      throw corrupt("a palette picture without PLTE")
    }
    // Default image and animation frames: an IDAT that no fcTL precedes is not part of the animation.
    let isAnimated = frames.map { $0 + (frameControls == 0 ? 1 : 0) > 1 } ?? false
    try readTail(isAnimated: isAnimated)
    let header = ImageHeader(
      format: .png, mode: picture.mode, size: size, bitsPerSample: picture.bitDepth,
      channels: picture.channels,
      orientation: text.orientation, isInterlaced: picture.isInterlaced,
      hasAlpha: picture.colorType >= 4 || picture.hasTransparency, hasICCProfile: profile != nil,
      resolution: resolution, isAnimated: isAnimated)
    return StoredPicture(
      header: header, coding: .png(picture), profile: profile.map(StoredPicture.Profile.deflated))
  }

  /// Reads the next chunk; `false` at the first IDAT.
  private mutating func readChunk() throws -> Bool {
    let start = cursor.position
    guard let head = try cursor.exactly(8), let length = head.big32(0) else { throw ends(start + 8) }
    let name = Array(head[4..<8])
    guard lenient || Self.isName(name) else {
      throw corrupt("a chunk named \(name) at byte \(start)")
    }
    if head.has("IDAT", at: 4) {
      picture.idatOffset = start
      return false
    }
    if head.has("IEND", at: 4) { throw corrupt("no pixels in it") }
    guard let data = try cursor.exactly(length) else { throw ends(start + 8 + length) }
    try interpret(name, data)
    guard let stored = try cursor.exactly(4)?.big32(0) else { throw ends(start + 12 + length) }
    let isAncillary = name[0] & 0x20 != 0
    if !(lenient && isAncillary) {
      let found = Self.checksum(name + data)
      guard found == stored else {
        throw corrupt(
          "chunk \(String(decoding: name, as: UTF8.self)) at byte \(start): checksum "
            + "\(String(stored, radix: 16)) stored, \(String(found, radix: 16)) computed")
      }
    }
    return true
  }

  private mutating func interpret(_ name: [UInt8], _ data: [UInt8]) throws {
    if let least = leastLengths[String(decoding: name, as: UTF8.self)], data.count < least {
      if lenient { return }
      throw corrupt("chunk \(String(decoding: name, as: UTF8.self)) of \(data.count) bytes, needs \(least)")
    }
    switch String(decoding: name, as: UTF8.self) {
    case "IHDR": try readIHDR(data)
    case "PLTE": if picture.colorType == 3 { try readPLTE(data) }
    case "tRNS": try readTRNS(data)
    case "pHYs": readPHYs(data)
    case "iCCP": try readICCP(data)
    case "acTL": readACTL(data)
    case "fcTL": frameControls += 1
    default: text.read(name, data)
    }
  }

  private mutating func readIHDR(_ data: [UInt8]) throws {
    let (width, height) = (data.big32(0)!, data.big32(4)!)
    let (depth, type) = (Int(data[8]), Int(data[9]))
    guard bitDepths[type]?.contains(depth) == true else {
      throw corrupt("\(depth) bits of colour type \(type)")
    }
    guard data[11] == 0 else { throw corrupt("filter method \(data[11])") }
    guard width <= Int(Int32.max), height <= Int(Int32.max) else {
      throw corrupt("a size of \(width)×\(height)")
    }
    size = try StoredPicture.size(width, height, format: "PNG")
    (picture.bitDepth, picture.colorType, picture.isInterlaced) = (depth, type, data[12] != 0)
  }

  private mutating func readPLTE(_ data: [UInt8]) throws {
    guard data.count <= 770 else { throw corrupt("a palette of \(data.count) bytes") }
    picture.palette = data
  }

  private mutating func readTRNS(_ data: [UInt8]) throws {
    let needed = picture.colorType == 2 ? 6 : picture.colorType == 0 ? 2 : 0
    guard data.count >= needed else {
      if lenient { return }
      throw corrupt("chunk tRNS of \(data.count) bytes, needs \(needed)")
    }
    if size != nil && picture.colorType <= 3 { picture.transparency = data }
  }

  private mutating func readPHYs(_ data: [UInt8]) {
    let (x, y) = (Double(data.big32(0)!), Double(data.big32(4)!))
    switch data[8] {
    case 0: resolution = Resolution(x: x, y: y, unit: .aspect)
    case 1: resolution = Resolution(x: x * 0.0254, y: y * 0.0254, unit: .inch)
    default: break
    }
  }

  private mutating func readICCP(_ data: [UInt8]) throws {
    guard let end = data.firstIndex(of: 0), end + 1 < data.count else {
      throw corrupt("chunk iCCP without a profile")
    }
    guard data[end + 1] == 0 else { throw corrupt("compression method \(data[end + 1]) in chunk iCCP") }
    profile = Array(data[(end + 2)...])
  }

  private mutating func readACTL(_ data: [UInt8]) {
    let count = data.big32(0)!
    // A second one, or an impossible count, makes it a still picture.
    frames = frames == nil && count > 0 && count <= 0x8000_0000 ? count : nil
  }

  /// Looks through the chunks behind the pixels.
  private mutating func readTail(isAnimated: Bool) throws {
    cursor.position = picture.idatOffset
    while let head = try cursor.exactly(8), let length = head.big32(0) {
      let data = cursor.position
      guard Self.isName(head[4..<8]), !head.has("IEND", at: 4) else { return }
      if isAnimated && head.has("fcTL", at: 4) { return }
      if length > cursor.remaining {
        if !(lenient && head.has("IDAT", at: 4)) { picture.cut = (data, ends(data + length)) }
        return
      }
      if tailNames.contains(where: { head.has($0, at: 4) }), let bytes = try cursor.exactly(length) {
        text.read(Array(head[4..<8]), bytes)
      }
      cursor.position = data + length + 4
    }
  }

  /// Whether these are four letters, digits or underscores.
  private static func isName(_ bytes: some Sequence<UInt8>) -> Bool {
    bytes.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"):
        true
      default: false
      }
    }
  }

  private static func checksum(_ bytes: [UInt8]) -> Int { Int(tc_crc32(bytes, bytes.count)) }

  private func ends(_ expected: Int) -> TesseraError {
    StoredPicture.headerEnds("PNG", needs: expected, has: cursor.source.count)
  }

  private func corrupt(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "PNG", detail: detail))
  }
}
