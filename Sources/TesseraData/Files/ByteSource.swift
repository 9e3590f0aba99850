/// Bytes of which any part can be read: a file, an object on a server.
protocol ByteSource: AnyObject, Sendable {
  /// What errors call it.
  var path: String { get }
  /// Fills the buffer from an offset; less only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int
}
