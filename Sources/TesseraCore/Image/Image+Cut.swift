extension Image {
  /// The part `rect` of the picture, which must contain it: the image itself if it is all of it.
  ///
  /// - Shape: `[H, W, C]` → `[rect.height, rect.width, C]`.
  package func cut(_ rect: Rect) -> Image {
    precondition(bounds.contains(rect), "cut \(rect) of a picture \(size)")
    if rect == bounds { return self }
    let pixel = format.bytesPerPixel
    let (sourceRow, targetRow) = (bytesPerRow, rect.width * pixel)
    return Image(size: rect.size, format: format) { target in
      withUnsafeBytes { source in
        for y in 0..<rect.height {
          let from = source.baseAddress! + (rect.y + y) * sourceRow + rect.x * pixel
          (target.baseAddress! + y * targetRow).copyMemory(from: from, byteCount: targetRow)
        }
      }
    }
  }
}
