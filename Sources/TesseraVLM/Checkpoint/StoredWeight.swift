package import TesseraCore
public import TesseraData

/// A tensor in a file of weights: its description, and its bytes where they lie in the mapped file.
public struct StoredWeight: Sendable {
  /// The name in the file.
  public let name: String
  public let shape: [Int]
  /// The element type as stored.
  public let type: SafetensorsType
  /// The file that holds it.
  public var path: String { file.path }
  /// Bytes of the elements.
  public var byteCount: Int { range.count }
  private let file: MappedFile
  private let range: Range<Int>

  init(_ entry: SafetensorsTable.Entry, type: SafetensorsType, file: MappedFile, dataStart: Int) {
    (name, shape, self.type, self.file) = (entry.name, entry.shape, type, file)
    range = dataStart + entry.bytes.lowerBound..<dataStart + entry.bytes.upperBound
  }

  /// Calls `body` with the bytes. The pointer is valid inside `body` only.
  ///
  /// - Throws: `truncated` if another process has cut the file short.
  public func withBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    try file.withBytes(range, body)
  }

  /// The bytes as memory that cannot be written and needs no copy: pages are read when they are touched.
  ///
  /// - Parameter alignment: bytes that do not lie so are copied; files of the safetensors library do.
  /// - Throws: `truncated`.
  package func block(alignment: Int) throws -> MemoryBlock { try file.block(range, alignment: alignment) }
}
