internal import CCodecs
internal import TesseraCore

/// Throws if `image` has no pixels or a side that `format` cannot store.
func requireEncodable(_ image: Image, as format: String, longestSide: Int) throws {
  guard image.width > 0, image.height > 0, image.size.longer <= longestSide else {
    throw TesseraError(
      .invalidInput(operation: format, expected: "sides of 1 to \(longestSide) pixels", got: "\(image.size)"),
      stage: .encode)
  }
}

/// The bytes that `body` puts into a buffer.
func encoded(
  _ format: String, _ body: (inout tc_buffer, inout tc_error) -> tc_status
) throws -> [UInt8] {
  var buffer = tc_buffer()
  var error = tc_error()
  defer { tc_buffer_free(&buffer) }
  let status = body(&buffer, &error)
  do {
    try CodecStatus.check(status, error, format: format)
  } catch let error as TesseraError {
    throw error.with(stage: .encode)
  }
  return Array(UnsafeBufferPointer(start: buffer.bytes, count: buffer.count))
}
