internal import TesseraCore

/// The few tags of an EXIF block that decoding needs, read as Pillow reads them: the first entry of a tag counts,
/// entries that point outside are skipped, a directory that ends early counts as far as it goes.
struct EXIF {
  private static let orientationTag = 0x0112
  private static let xResolutionTag = 0x011A
  private static let resolutionUnitTag = 0x0128

  /// The orientation tag's value, `nil` if there is none; not checked to be 1...8.
  private(set) var orientation: Double?
  private(set) var xResolution: Double?
  private(set) var resolutionUnit: Double?

  /// Reads a block, with or without its `Exif\0\0` in front; `nil` if it is not one.
  init?(_ block: [UInt8]) {
    var bytes = block[...]
    for _ in 0..<2 where bytes.starts(with: [0x45, 0x78, 0x69, 0x66, 0, 0]) { bytes = bytes.dropFirst(6) }
    guard let tiff = TIFFBytes(Array(bytes)), let directory = tiff.u32(4) else { return nil }
    guard let entries = tiff.u16(directory) else { return }
    var seen: Set<Int> = []
    for index in 0..<entries {
      let at = directory + 2 + index * 12
      guard at + 12 <= tiff.bytes.count, let tag = tiff.u16(at) else { break }
      guard !seen.contains(tag), let value = tiff.entryValue(at) else { continue }
      seen.insert(tag)
      switch tag {
      case Self.orientationTag: orientation = value.number ?? 0
      case Self.xResolutionTag: xResolution = value.number ?? .nan
      case Self.resolutionUnitTag: resolutionUnit = value.number ?? .nan
      default: break
      }
    }
  }

  /// The resolution in pixels an inch as Pillow derives it for JPEG: 72 where the tags do not give one.
  var dotsPerInch: Double {
    guard let unit = resolutionUnit, let x = xResolution, !x.isNaN else { return 72 }
    return unit == 3 ? x * 2.54 : x
  }
}

/// The bytes of a TIFF structure with its byte order.
private struct TIFFBytes {
  let bytes: [UInt8]
  let isBig: Bool

  /// Checks the first four bytes; Pillow takes the number 42 in either order.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 8 else { return nil }
    let magic = Set([UInt8(0), 42])
    guard bytes[0] == bytes[1], bytes[0] == 0x49 || bytes[0] == 0x4D, Set(bytes[2..<4]) == magic else {
      return nil
    }
    self.bytes = bytes
    isBig = bytes[0] == 0x4D
  }

  func u16(_ at: Int) -> Int? { isBig ? bytes.big16(at) : bytes.little16(at) }
  func u32(_ at: Int) -> Int? { isBig ? bytes.big32(at) : bytes.little32(at) }

  private func i32(_ at: Int) -> Int? { u32(at).map { Int(Int32(truncatingIfNeeded: $0)) } }

  private func u64(_ at: Int) -> UInt64? {
    guard let a = u32(at), let b = u32(at + 4) else { return nil }
    return isBig ? UInt64(a) << 32 | UInt64(b) : UInt64(b) << 32 | UInt64(a)
  }

  struct Value { var number: Double? }

  /// The first value of the entry at `at`; `number` is `nil` for texts and raw bytes. `nil` if it is unreadable.
  func entryValue(_ at: Int) -> Value? {
    let units = [1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8]
    guard let type = u16(at + 2), let count = u32(at + 4), let unit = units[type] else { return nil }
    let length = count * unit
    guard let start = length > 4 ? u32(at + 8) : at + 8, start + length <= bytes.count else { return nil }
    guard count > 0 else { return Value(number: nil) }
    return Value(number: number(type, start))
  }

  private func number(_ type: Int, _ at: Int) -> Double? {
    switch type {
    case 3: u16(at).map(Double.init)
    case 4, 13: u32(at).map(Double.init)
    case 5: ratio(u32(at), u32(at + 4))
    case 6: Double(Int8(bitPattern: bytes[at]))
    case 8: u16(at).map { Double(Int16(truncatingIfNeeded: $0)) }
    case 9: i32(at).map(Double.init)
    case 10: ratio(i32(at), i32(at + 4))
    case 11: u32(at).map { Double(Float(bitPattern: UInt32($0))) }
    case 12: u64(at).map { Double(bitPattern: $0) }
    case 16: u64(at).map(Double.init)
    default: nil
    }
  }

  private func ratio(_ numerator: Int?, _ denominator: Int?) -> Double? {
    guard let numerator, let denominator else { return nil }
    return denominator == 0 ? .nan : Double(numerator) / Double(denominator)
  }
}
