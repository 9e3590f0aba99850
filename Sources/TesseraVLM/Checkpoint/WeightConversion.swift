package import TesseraCore

/// Changes the element type of weights, chunk by chunk, rounding as torch does.
package enum WeightConversion {
  /// Elements converted at a time.
  package static let chunk = 1 << 18

  /// Converts all elements and hands them on in pieces.
  ///
  /// To a narrower type: to nearest, ties to even; what is too large for F16 becomes infinite; NaN stays NaN.
  package static func convert(
    _ bytes: UnsafeRawBufferPointer, from: DataType, to: DataType,
    _ write: (UnsafeRawBufferPointer) throws -> Void
  ) throws {
    guard from != to else { return try write(bytes) }
    let count = bytes.count / from.byteCount
    let wide = UnsafeMutableBufferPointer<Float>.allocate(capacity: min(count, chunk))
    let narrow = UnsafeMutableRawBufferPointer.allocate(byteCount: wide.count * to.byteCount, alignment: 64)
    defer {
      wide.deallocate()
      narrow.deallocate()
    }
    for start in stride(from: 0, to: count, by: chunk) {
      let part = start..<min(start + chunk, count)
      let source = UnsafeRawBufferPointer(
        rebasing: bytes[part.lowerBound * from.byteCount..<part.upperBound * from.byteCount])
      widen(source, from, into: wide)
      narrowing(wide, part.count, to, into: narrow)
      try write(UnsafeRawBufferPointer(rebasing: narrow[..<(part.count * to.byteCount)]))
    }
  }

  private static func widen(
    _ bytes: UnsafeRawBufferPointer, _ from: DataType, into wide: UnsafeMutableBufferPointer<Float>
  ) {
    let count = bytes.count / from.byteCount
    switch from {
    case .float32: for i in 0..<count { wide[i] = bytes.loadUnaligned(fromByteOffset: 4 * i, as: Float.self) }
    case .bfloat16:
      for i in 0..<count {
        let bits = bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
        wide[i] = Float(bitPattern: UInt32(bits) << 16)
      }
    case .float16:
      for i in 0..<count { wide[i] = Float(bytes.loadUnaligned(fromByteOffset: 2 * i, as: Float16.self)) }
    case .uint8, .int64: preconditionFailure("weights of \(from)")
    }
  }

  private static func narrowing(
    _ wide: UnsafeMutableBufferPointer<Float>, _ count: Int, _ to: DataType,
    into out: UnsafeMutableRawBufferPointer
  ) {
    switch to {
    case .float32: for i in 0..<count { out.storeBytes(of: wide[i], toByteOffset: 4 * i, as: Float.self) }
    case .bfloat16:
      for i in 0..<count {
        out.storeBytes(of: BFloat16(wide[i]).bitPattern, toByteOffset: 2 * i, as: UInt16.self)
      }
    case .float16:
      for i in 0..<count { out.storeBytes(of: Float16(wide[i]), toByteOffset: 2 * i, as: Float16.self) }
    case .uint8, .int64: preconditionFailure("weights of \(to)")
    }
  }
}
