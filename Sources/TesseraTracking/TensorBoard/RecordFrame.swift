internal import TesseraCore

/// TFRecord's frames: a length of eight bytes, its masked checksum, the data, their masked checksum; all little-endian.
package enum RecordFrame {
  /// Bytes that a frame has besides its data.
  static let overhead = 16

  /// A record in its frame.
  package static func of(_ data: [UInt8]) -> [UInt8] {
    var frame = bytes(UInt64(data.count))
    frame += bytes(CRC32C.masked(frame))
    frame += data
    return frame + bytes(CRC32C.masked(data))
  }

  private static func bytes(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// Calls `body` with each whole record and its frame, one in memory at a time.
  ///
  /// - Returns: whether something that is no whole record follows the last: a torn end, or damage.
  static func forEach(in path: String, _ body: (_ data: [UInt8], _ frame: [UInt8]) throws -> Void) throws
    -> Bool
  {
    let file = try FrameReader(path)
    var left = file.size
    while left >= overhead {
      var frame = try file.read(12)
      let length = frame.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
      let stored = frame.withUnsafeBytes {
        UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: 8, as: UInt32.self))
      }
      // The checksum first: a length that is damaged must not be allocated.
      guard frame.count == 12, CRC32C.masked(frame[..<8]) == stored, length <= UInt64(left - overhead) else {
        return true
      }
      let data = try file.read(Int(length))
      let end = try file.read(4)
      guard end == bytes(CRC32C.masked(data)) else { return true }
      frame += data + end
      try body(data, frame)
      left -= overhead + Int(length)
    }
    return left > 0
  }
}
