internal import TesseraCore

/// A picture in memory whose header has been read: who looks at the header first and then decodes reads it once.
///
/// The bytes are somebody else's, and must outlive the value.
package struct OpenedPicture {
  let stored: StoredPicture
  let bytes: UnsafeRawBufferPointer

  /// - Parameter policy: as of the decode that follows.
  /// - Throws: as `ImageHeader(bytes:policy:)`; `limitExceeded` for more pixels than the policy allows.
  package init(_ bytes: UnsafeRawBufferPointer, policy: DecodePolicy) throws {
    stored = try StoredPicture(reading: MemorySource(bytes), lenient: policy.truncated == .fillGray)
    self.bytes = bytes
    try policy.limits.check(stored.header.size)
  }

  package var header: ImageHeader { stored.header }
}
