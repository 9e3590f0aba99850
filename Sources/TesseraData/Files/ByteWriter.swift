/// Appends little-endian numbers and arrays, as `ByteReader` reads them.
enum ByteWriter {
  /// Appends a number.
  static func append<T: FixedWidthInteger>(_ value: T, to out: inout [UInt8]) {
    withUnsafeBytes(of: value.littleEndian) { out += $0 }
  }

  /// Appends numbers behind their count.
  static func append<T: FixedWidthInteger>(_ values: [T], to out: inout [UInt8]) {
    append(UInt64(values.count), to: &out)
    if T.bitWidth == 8 || 1.littleEndian == 1 {
      values.withUnsafeBytes { out += $0 }
    } else {
      for value in values { append(value, to: &out) }
    }
  }
}
