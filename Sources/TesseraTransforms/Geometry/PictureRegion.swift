package import TesseraCore

/// Pixels in someone else's memory: a whole picture, or a rectangle of one, read in place.
package struct PictureRegion {
  /// The first pixel of the first row.
  package let base: UnsafeRawPointer
  /// Bytes from one row to the next.
  package let stride: Int
  package let size: Size
  package let format: PixelFormat

  package init(base: UnsafeRawPointer, stride: Int, size: Size, format: PixelFormat) {
    self.base = base
    self.stride = stride
    self.size = size
    self.format = format
  }

  /// The rectangle `rect` of an image whose bytes are `bytes`. Traps if it does not lie inside.
  package init(_ image: Image, bytes: UnsafeRawBufferPointer, rect: Rect) {
    precondition(image.bounds.contains(rect), "region \(rect) of a picture \(image.size)")
    let offset = rect.y * image.bytesPerRow + rect.x * image.format.bytesPerPixel
    self.init(
      base: bytes.baseAddress! + offset, stride: image.bytesPerRow, size: rect.size, format: image.format)
  }

  var bytes: UnsafePointer<UInt8> { base.assumingMemoryBound(to: UInt8.self) }

  /// A copy of the region with rows side by side.
  func copied() -> Image {
    let row = size.width * format.bytesPerPixel
    return Image(size: size, format: format) { target in
      for y in 0..<size.height {
        (target.baseAddress! + y * row).copyMemory(from: base + y * stride, byteCount: row)
      }
    }
  }
}
