/// The 256 characters that stand for bytes in a byte-level vocabulary, as GPT-2 chose them.
///
/// Bytes that print (`!`…`~`, `¡`…`¬`, `®`…`ÿ`) are themselves; the 68 others are U+0100, U+0101, … in order: a space
/// is `Ġ` (U+0120).
enum ByteAlphabet {
  /// The code point of each byte's character: all are below `limit`.
  static let codePoints: [UInt16] = {
    var next: UInt16 = 0x100
    return (0..<256).map { byte -> UInt16 in
      if (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte) {
        return UInt16(byte)
      }
      defer { next += 1 }
      return next
    }
  }()

  /// One past the last code point of the alphabet.
  static let limit = 0x100 + 68

  /// The byte of each code point below `limit`; -1 where there is none.
  private static let byteOf: [Int16] = {
    var table = [Int16](repeating: -1, count: limit)
    for (byte, codePoint) in codePoints.enumerated() { table[Int(codePoint)] = Int16(byte) }
    return table
  }()

  /// The UTF-8 of each byte's character.
  static let utf8: [[UInt8]] = codePoints.map { codePoint in
    codePoint < 0x80
      ? [UInt8(codePoint)] : [UInt8(0xC0 | codePoint >> 6), UInt8(0x80 | codePoint & 0x3F)]
  }

  /// Bytes as their characters' UTF-8.
  static func spell(_ bytes: some Sequence<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    for byte in bytes { out += utf8[Int(byte)] }
    return out
  }

  /// The bytes that a token's characters stand for; nil where one is not of the alphabet.
  static func bytes(_ token: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    var out: [UInt8] = []
    out.reserveCapacity(token.count)
    var position = 0
    while position < token.count {
      let (value, length) = UTF8Scan.scalar(token, position)
      guard value < UInt32(limit), byteOf[Int(value)] >= 0 else { return nil }
      out.append(UInt8(byteOf[Int(value)]))
      position += length
    }
    return out
  }
}
