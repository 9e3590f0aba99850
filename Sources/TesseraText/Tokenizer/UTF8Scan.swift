/// Reading UTF-8 by hand, where `String`'s views would cost a call a character.
package enum UTF8Scan {
  /// The scalar that starts at `position`, and how many bytes it takes. The bytes must be UTF-8.
  @inline(__always)
  static func scalar(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> (value: UInt32, length: Int) {
    let lead = bytes[position]
    if lead < 0x80 { return (UInt32(lead), 1) }
    let second = UInt32(bytes[position + 1] & 0x3F)
    if lead < 0xE0 { return (UInt32(lead & 0x1F) << 6 | second, 2) }
    let third = UInt32(bytes[position + 2] & 0x3F)
    if lead < 0xF0 { return (UInt32(lead & 0x0F) << 12 | second << 6 | third, 3) }
    let fourth = UInt32(bytes[position + 3] & 0x3F)
    return (UInt32(lead & 0x07) << 18 | second << 12 | third << 6 | fourth, 4)
  }

  /// How many bytes the scalar takes that `lead` begins.
  @inline(__always)
  static func length(_ lead: UInt8) -> Int {
    lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4
  }

  /// Where the scalar starts that ends before `position`.
  static func start(before position: Int, _ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var start = position - 1
    while start > 0 && bytes[start] & 0xC0 == 0x80 { start -= 1 }
    return start
  }

  /// The first byte that is not UTF-8 (Unicode 16, table 3-7); nil where all of it is.
  package static func firstInvalid(_ bytes: UnsafeBufferPointer<UInt8>) -> Int? {
    var position = 0
    while position < bytes.count {
      let lead = bytes[position]
      if lead < 0x80 {
        position += 1
        continue
      }
      guard lead >= 0xC2, lead <= 0xF4 else { return position }
      let end = position + length(lead)
      guard end <= bytes.count else { return position }
      let second = bytes[position + 1]
      let range: ClosedRange<UInt8> =
        switch lead {
        case 0xE0: 0xA0...0xBF  // not what two bytes hold
        case 0xED: 0x80...0x9F  // no surrogates
        case 0xF0: 0x90...0xBF  // not what three bytes hold
        case 0xF4: 0x80...0x8F  // nothing over U+10FFFF
        default: 0x80...0xBF
        }
      guard range.contains(second) else { return position }
      for place in (position + 2)..<max(end, position + 2) where bytes[place] & 0xC0 != 0x80 {
        return position
      }
      position = end
    }
    return nil
  }

  /// How many of the last bytes begin a character that is not complete: 0 to 3.
  static func incompleteSuffix(_ bytes: [UInt8]) -> Int {
    for back in 1...3 where back <= bytes.count {
      let byte = bytes[bytes.count - back]
      if byte & 0xC0 == 0x80 { continue }
      return byte >= 0xC2 && byte <= 0xF4 && length(byte) > back ? back : 0
    }
    return 0
  }
}
