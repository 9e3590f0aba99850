internal import CCodecs
internal import TesseraCore

/// The one place where a C status becomes a Swift error.
enum CodecStatus {
  /// Throws what `status` and `error` say, unless it is `TC_OK`.
  ///
  /// - Parameter unit: what the C function counts.
  static func check(_ status: tc_status, _ error: tc_error, format: String, unit: String = "rows") throws {
    if let reason = reason(status, error, format: format, unit: unit) { throw TesseraError(reason) }
  }

  private static func reason(
    _ status: tc_status, _ error: tc_error, format: String, unit: String
  ) -> TesseraError.Reason? {
    switch status {
    case TC_OK: nil
    case TC_TRUNCATED:
      .truncated(
        format: format, expected: error.expected > 0 ? Int(error.expected) : nil, got: Int(error.got),
        unit: unit)
    case TC_UNSUPPORTED: .unsupported(format: format, feature: message(error))
    case TC_LIMIT: .limitExceeded(what: message(error), limit: Int(error.expected), found: Int(error.got))
    case TC_NO_MEMORY: .outOfMemory(bytes: Int(error.expected))
    default: .corrupt(format: format, detail: message(error))
    }
  }

  private static func message(_ error: tc_error) -> String {
    withUnsafeBytes(of: error.message) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}

/// Inflating metadata.
enum Inflate {
  /// The bytes of a zlib stream, or of as much of it as there is.
  ///
  /// - Throws: `corrupt`, or `limitExceeded` for more than `limit` bytes.
  static func bytes(_ stream: [UInt8], limit: Int, format: String = "PNG") throws -> [UInt8] {
    var buffer = tc_buffer()
    var error = tc_error()
    defer { tc_buffer_free(&buffer) }
    let status = tc_inflate(stream, stream.count, limit, &buffer, &error)
    try CodecStatus.check(status, error, format: format, unit: "bytes")
    return Array(UnsafeBufferPointer(start: buffer.bytes, count: buffer.count))
  }
}
