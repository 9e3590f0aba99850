private import CKernels

extension Image {
  /// The picture turned as `orientation` says. The same pixels, moved.
  ///
  /// - Shape: `[H, W, C]` → `[H, W, C]`, or `[W, H, C]` where the axes are exchanged.
  /// - Complexity: O(pixels).
  public func oriented(_ orientation: Orientation) -> Image {
    if orientation == .upright || size.area == 0 {
      return orientation.swapsAxes ? Image(size: size.transposed, format: format) : self
    }
    let (pixel, row) = (format.bytesPerPixel, bytesPerRow)
    let (right, bottom) = ((width - 1) * pixel, (height - 1) * row)
    // The first byte read, and the steps in the source for a step right and a step down in the target.
    let (start, stepX, stepY) =
      switch orientation {
      case .upright: (0, pixel, row)
      case .mirrored: (right, -pixel, row)
      case .rotated180: (right + bottom, -pixel, -row)
      case .flipped: (bottom, pixel, -row)
      case .transposed: (0, row, pixel)
      case .rotatedRight: (bottom, -row, pixel)
      case .transversed: (right + bottom, -row, -pixel)
      case .rotatedLeft: (right, row, -pixel)
      }
    let target = orientation.size(of: size)
    return Image(size: target, format: format) { bytes in
      withUnsafeBytes { source in
        tk_reorient(
          bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), target.width * pixel, target.width,
          target.height, pixel, source.baseAddress!.assumingMemoryBound(to: UInt8.self) + start, stepX, stepY)
      }
    }
  }

  /// The picture upright, by its EXIF orientation (1...8; any other number changes nothing).
  public func oriented(exif orientation: Int) -> Image {
    Orientation(rawValue: orientation).map(oriented) ?? self
  }
}
