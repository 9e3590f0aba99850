import TesseraCore

extension Fill {
  /// The bytes of one pixel of `format`: as `bytes(for:)`, and for `gray16` the value's two bytes.
  func pixel(for format: PixelFormat) throws -> [UInt8] {
    guard format == .gray16 else { return try bytes(for: format) }
    guard values.count == 1 else { return try bytes(for: format) }
    return withUnsafeBytes(of: UInt16(clamping: values[0])) { Array($0) }
  }

  /// - Throws: `invalidArgument` unless there are 1...4 values in 0...65535.
  func validate() throws {
    guard (1...4).contains(values.count), values.allSatisfy({ (0...65535).contains($0) }) else {
      throw TesseraError(
        .invalidArgument(name: "fill", expected: "1 to 4 values in 0...255", got: "\(values)"))
    }
  }
}
