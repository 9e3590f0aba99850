/// One header block of a tar: 512 bytes that describe a member.
///
/// Reads POSIX ustar, the older V7, and GNU's variant. Source: POSIX.1-2017, *pax, ustar interchange format*, and
/// the description of GNU's headers in GNU tar's manual.
struct TarHeader {
  static let blockSize = 512

  /// What follows the header.
  enum Kind: Equatable {
    case file
    case folder
    case hardLink, symbolicLink
    /// A device or a pipe.
    case device
    /// The next member's long name, or its link's (GNU).
    case longName, longLink
    /// Records for the next member, or for all that follow (PAX).
    case pax, paxGlobal
    /// A file with holes (GNU); further headers follow where the flag says so.
    case sparse(isExtended: Bool)
    /// A label, or what only GNU's incremental archives hold: nothing to read.
    case note
    case other(UInt8)
  }

  var name: [UInt8]
  var kind: Kind
  /// Bytes of data behind the header; nil if the field holds no number.
  var size: Int?

  /// Bytes that stand between this header and the next, padding not counted.
  var dataSize: Int {
    switch kind {
    case .hardLink, .symbolicLink, .device, .folder: 0
    default: size ?? 0
    }
  }

  /// Reads a block whose checksum is right.
  init(_ block: UnsafeRawBufferPointer) {
    name = Self.text(block[0..<100])
    // GNU's own magic ("ustar  ") has other things where POSIX has the prefix.
    if block[257..<263].elementsEqual(Self.posixMagic) {
      let prefix = Self.text(block[345..<500])
      if !prefix.isEmpty { name = prefix + [UInt8(ascii: "/")] + name }
    }
    size = Self.number(block[124..<136])
    kind = Self.kind(block[156], isExtended: block[482] != 0)
  }

  private static let posixMagic = Array("ustar\0".utf8)

  private static func kind(_ flag: UInt8, isExtended: Bool) -> Kind {
    switch flag {
    case 0, UInt8(ascii: "0"), UInt8(ascii: "7"): .file
    case UInt8(ascii: "1"): .hardLink
    case UInt8(ascii: "2"): .symbolicLink
    case UInt8(ascii: "3"), UInt8(ascii: "4"), UInt8(ascii: "6"): .device
    case UInt8(ascii: "5"): .folder
    case UInt8(ascii: "L"): .longName
    case UInt8(ascii: "K"): .longLink
    case UInt8(ascii: "x"), UInt8(ascii: "X"): .pax
    case UInt8(ascii: "g"): .paxGlobal
    case UInt8(ascii: "S"): .sparse(isExtended: isExtended)
    case UInt8(ascii: "V"), UInt8(ascii: "D"): .note
    default: .other(flag)
    }
  }

  /// The bytes before the first zero.
  static func text(_ field: Slice<UnsafeRawBufferPointer>) -> [UInt8] { Array(field.prefix { $0 != 0 }) }

  /// A number in octal digits, or (GNU) in base 256 behind a byte 0x80; nil if it is neither or too large.
  static func number(_ field: Slice<UnsafeRawBufferPointer>) -> Int? {
    if field.first == 0x80 {
      var value = 0
      for byte in field.dropFirst() {
        guard value <= Int.max >> 8 else { return nil }
        value = value << 8 | Int(byte)
      }
      return value
    }
    let space = UInt8(ascii: " ")
    let digits = field.drop { $0 == space }.prefix { $0 != 0 && $0 != space }
    var value = 0
    for byte in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "7")).contains(byte), value <= Int.max >> 3 else { return nil }
      value = value << 3 | Int(byte - UInt8(ascii: "0"))
    }
    return value
  }

  static func isZero(_ block: UnsafeRawBufferPointer) -> Bool { block.allSatisfy { $0 == 0 } }

  /// The checksum that the block states (nil if it states none), and that of its bytes.
  static func checksums(_ block: UnsafeRawBufferPointer) -> (stated: Int?, found: Int) {
    let stated = number(block[148..<156])
    var (sum, signed) = (0, 0)
    for (place, byte) in block.enumerated() {
      let value = (148..<156).contains(place) ? UInt8(ascii: " ") : byte
      sum += Int(value)
      signed += Int(Int8(bitPattern: value))
    }
    // Some old writers added signed characters.
    return (stated, stated == signed ? signed : sum)
  }

  static func hasChecksum(_ block: UnsafeRawBufferPointer) -> Bool {
    let sums = checksums(block)
    return sums.stated == sums.found
  }
}
