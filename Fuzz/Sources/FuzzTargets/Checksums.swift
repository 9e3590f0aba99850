private import CZlib
internal import TesseraTracking

/// Puts checksums right, so that a change behind one is read and not only refused.
enum Checksums {
  /// The sum of each of a PNG file's chunks.
  static func png(_ bytes: UnsafeMutableRawBufferPointer) {
    var at = 8
    while at + 12 <= bytes.count {
      let length = (0..<4).reduce(0) { $0 << 8 | Int(bytes[at + $1]) }
      guard length <= bytes.count - at - 12 else { return }
      let data = bytes[at + 4..<at + 8 + length]
      let sum = data.withContiguousStorageIfAvailable { crc32(0, $0.baseAddress, UInt32($0.count)) } ?? 0
      for place in 0..<4 {
        bytes[at + 8 + length + place] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * place))
      }
      at += 12 + length
    }
  }

  /// The sum of each block of a tar that looks like a header.
  static func tar(_ bytes: UnsafeMutableRawBufferPointer) {
    for start in stride(from: 0, through: bytes.count - 512, by: 512) {
      let isHeader =
        bytes[start + 257..<start + 262].holds("ustar") || bytes[start + 148] == UInt8(ascii: "0")
      guard isHeader else { continue }
      var sum = 0
      for place in 0..<512 { sum += (148..<156).contains(place) ? 32 : Int(bytes[start + place]) }
      for place in 0..<6 {
        bytes[start + 148 + place] = UInt8(ascii: "0") + UInt8(sum >> (3 * (5 - place)) & 7)
      }
      (bytes[start + 154], bytes[start + 155]) = (0, 32)
    }
  }

  /// The sums of TensorBoard's records.
  static func records(_ bytes: UnsafeMutableRawBufferPointer) {
    func put(_ sum: UInt32, at place: Int) {
      for byte in 0..<4 { bytes[place + byte] = UInt8(truncatingIfNeeded: sum >> (8 * byte)) }
    }
    var at = 0
    while at + 16 <= bytes.count {
      let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[at + $1]) << UInt64(8 * $1) }
      put(CRC32C.masked(bytes[at..<at + 8]), at: at + 8)
      guard length <= UInt64(bytes.count - at - 16) else { return }
      let end = at + 12 + Int(length)
      put(CRC32C.masked(bytes[at + 12..<end]), at: end)
      at = end + 4
    }
  }
}

extension Slice<UnsafeMutableRawBufferPointer> {
  fileprivate func holds(_ text: StaticString) -> Bool {
    elementsEqual(UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
