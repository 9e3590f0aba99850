/// The checksum of TensorBoard's records: CRC-32C (Castagnoli; RFC 3720, appendix B.4), and its masked form.
package enum CRC32C {
  /// The reflected polynomial 0x1EDC6F41, a byte at a time.
  private static let table: [UInt32] = (0..<256).map { byte in
    var value = UInt32(byte)
    for _ in 0..<8 { value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1 }
    return value
  }

  /// The checksum of some bytes.
  package static func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var value = ~UInt32(0)
    table.withUnsafeBufferPointer { table in
      for byte in bytes { value = table[Int((value ^ UInt32(byte)) & 0xFF)] ^ value >> 8 }
    }
    return ~value
  }

  /// The checksum as records store it: turned by 15 bits and moved, so that a record inside of a record does not carry
  /// the checksum of its own checksum.
  package static func masked(_ bytes: some Sequence<UInt8>) -> UInt32 {
    let value = checksum(bytes)
    return (value >> 15 | value << 17) &+ 0xA282_EAD8
  }
}
