internal import TesseraCore

/// What decoding a PNM must know beyond its header.
struct PNMPicture {
  /// The digit of the magic number, 1...6.
  var kind: Int
  var maxval: Int
  /// Offset of the first sample.
  var offset: Int
}

/// Reads the header of a PBM, PGM or PPM, as Pillow does.
struct PNMHeaderReader<Source: ByteSource> {
  private var cursor: ByteCursor<Source>

  private init(_ source: Source) { cursor = ByteCursor(source) }

  /// - Throws: bare `TesseraError`s: `truncated`, `corrupt`.
  static func read(_ source: Source) throws -> StoredPicture {
    var reader = PNMHeaderReader(source)
    return try reader.read()
  }

  private mutating func read() throws -> StoredPicture {
    guard let magic = try cursor.exactly(3) else {
      throw StoredPicture.headerEnds("PNM", needs: 3, has: cursor.source.count)
    }
    let kind = Int(magic[1] - UInt8(ascii: "0"))
    let width = try number()
    let height = try number()
    let size = try StoredPicture.size(width, height, format: "PNM")
    let isBitmap = kind == 1 || kind == 4
    let maxval = isBitmap ? 1 : try number()
    guard (1...65535).contains(maxval) else {
      throw TesseraError(.corrupt(format: "PNM", detail: "a maximum of \(maxval)"))
    }
    let isColour = kind == 3 || kind == 6
    let mode = isBitmap ? "1" : isColour ? "RGB" : maxval > 255 ? "I" : "L"
    let header = ImageHeader(
      format: .pnm, mode: mode, size: size, bitsPerSample: isBitmap ? 1 : maxval > 255 ? 16 : 8,
      channels: isColour ? 3 : 1)
    let picture = PNMPicture(kind: kind, maxval: maxval, offset: cursor.position)
    return StoredPicture(header: header, coding: .pnm(picture))
  }

  /// The next number of the header. A comment and its line's end vanish, as in Pillow.
  private mutating func number() throws -> Int {
    var value = 0
    var digits = 0
    while digits <= 10 {
      guard let byte = try cursor.next() else {
        guard digits > 0 else { throw StoredPicture.headerEnds("PNM", needs: nil, has: cursor.source.count) }
        return value
      }
      if byte == UInt8(ascii: "#") {
        while let skipped = try cursor.next(), skipped != 0x0A, skipped != 0x0D {}
      } else if byte == 0x20 || (0x09...0x0D).contains(byte) {
        if digits > 0 { return value }
      } else {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else {
          throw TesseraError(.corrupt(format: "PNM", detail: "byte \(byte) where a number is due"))
        }
        value = value * 10 + Int(byte - UInt8(ascii: "0"))
        digits += 1
      }
    }
    throw TesseraError(.corrupt(format: "PNM", detail: "a number of over 10 digits"))
  }
}
