/// A picture in memory: rows from top to bottom, channels interleaved, no padding between rows.
///
/// An image is a value: a copy shares the pixels until one of the two is written.
///
/// - Shape: `[height, width, channels]`. Range: 0...255 (`gray16`: 0...65535).
public struct Image: Sendable {
  /// Width and height in pixels, each at least 0.
  public let size: Size
  /// The layout of a pixel.
  public let format: PixelFormat
  private var block: MemoryBlock

  public var width: Int { size.width }
  public var height: Int { size.height }
  public var channels: Int { format.channels }
  /// Bytes from one row to the next.
  public var bytesPerRow: Int { size.width * format.bytesPerPixel }
  /// Bytes of all rows.
  public var byteCount: Int { bytesPerRow * size.height }
  /// The whole picture as a rectangle at the origin.
  public var bounds: Rect { Rect(x: 0, y: 0, width: size.width, height: size.height) }

  /// Makes an image whose every byte is `value`.
  public init(size: Size, format: PixelFormat, repeating value: UInt8 = 0) {
    self.init(size: size, format: format) { bytes in
      _ = bytes.initializeMemory(as: UInt8.self, repeating: value)
    }
  }

  /// Makes an image from interleaved bytes, row by row.
  ///
  /// Traps if `bytes` does not hold exactly `width · height · bytesPerPixel` bytes.
  public init(size: Size, format: PixelFormat, bytes: [UInt8]) {
    precondition(
      bytes.count == size.area * format.bytesPerPixel,
      "Image \(size) \(format) needs \(size.area * format.bytesPerPixel) bytes, got \(bytes.count)")
    self.init(size: size, format: format) { target in target.copyBytes(from: bytes) }
  }

  /// Makes an image whose bytes `body` writes; `body` must initialise every one of them.
  public init(
    size: Size, format: PixelFormat,
    initializingWith body: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    precondition(size.width >= 0 && size.height >= 0, "Image of size \(size)")
    self.size = size
    self.format = format
    self.block = MemoryBlock(byteCount: size.area * format.bytesPerPixel)
    try body(block.mutableBytes)
  }

  /// Makes an image over a block of memory that already holds its bytes.
  package init(size: Size, format: PixelFormat, block: MemoryBlock) {
    precondition(
      size.width >= 0 && size.height >= 0 && size.area * format.bytesPerPixel == block.byteCount,
      "Image \(size) \(format) over \(block.byteCount) bytes")
    self.size = size
    self.format = format
    self.block = block
  }

  /// Calls `body` with the image's bytes. The pointer is valid inside `body` only.
  public func withUnsafeBytes<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    defer { withExtendedLifetime(block) {} }
    return try body(block.bytes)
  }

  /// Calls `body` with the image's bytes for writing; copies them first if another value shares them.
  public mutating func withUnsafeMutableBytes<R>(
    _ body: (UnsafeMutableRawBufferPointer) throws -> R
  ) rethrows -> R {
    if !block.isWritable || !isKnownUniquelyReferenced(&block) { block = block.copy() }
    defer { withExtendedLifetime(block) {} }
    return try body(block.mutableBytes)
  }

  /// The bytes, row by row, as an array (a copy).
  public var bytes: [UInt8] { withUnsafeBytes { Array($0) } }

  /// The value of one channel of one pixel, 0...255 (`gray16`: 0...65535). Traps outside of the picture.
  public subscript(x: Int, y: Int, channel: Int = 0) -> Int {
    precondition(
      x >= 0 && x < width && y >= 0 && y < height && channel >= 0 && channel < channels,
      "pixel (\(x), \(y), \(channel)) of an image \(size) with \(channels) channels")
    let index = (y * width + x) * channels + channel
    return withUnsafeBytes { bytes in
      format == .gray16 ? Int(bytes.load(fromByteOffset: index * 2, as: UInt16.self)) : Int(bytes[index])
    }
  }
}

extension Image: Equatable {
  /// Whether size, format and every byte agree.
  public static func == (a: Image, b: Image) -> Bool {
    guard a.size == b.size, a.format == b.format else { return false }
    if a.block === b.block { return true }
    return a.withUnsafeBytes { x in b.withUnsafeBytes { y in x.elementsEqual(y) } }
  }
}

extension Image: CustomStringConvertible {
  public var description: String { "Image(\(size), \(format.pillowMode))" }
}
