/// Where a header's bytes come from: memory, or a file of which only parts are read.
protocol ByteSource {
  /// Bytes in all.
  var count: Int { get }
  /// The bytes themselves where they are in memory: then nothing need be copied to look at a byte.
  var memory: UnsafeRawBufferPointer? { get }
  /// Up to `length` bytes from `offset`; fewer (or none) at the end.
  func read(at offset: Int, length: Int) throws -> [UInt8]
}

extension ByteSource {
  var memory: UnsafeRawBufferPointer? { nil }
}

/// Bytes in memory that somebody else holds.
struct MemorySource: ByteSource {
  let bytes: UnsafeRawBufferPointer

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  var count: Int { bytes.count }
  var memory: UnsafeRawBufferPointer? { bytes }

  func read(at offset: Int, length: Int) -> [UInt8] {
    guard offset >= 0, offset < bytes.count, length > 0 else { return [] }
    return Array(bytes[offset..<offset + min(length, bytes.count - offset)])
  }
}
