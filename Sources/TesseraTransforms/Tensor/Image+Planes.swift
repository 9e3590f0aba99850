private import CKernels
package import TesseraCore

extension Image {
  /// Splits the channels into float planes, each byte looked up in its channel's table.
  ///
  /// - Parameters:
  ///   - tables: 256 values a channel, one table a channel.
  ///   - flipX: whether rows come out mirrored.
  ///   - target: room for `channels · planeStride` floats; plane `c` starts at `c · planeStride`.
  ///   - planeStride: elements from plane to plane; nil for `width · height`.
  package func planes(
    through tables: [[Float]], flipX: Bool, into target: UnsafeMutablePointer<Float>, planeStride: Int? = nil
  ) {
    precondition(tables.count == channels && tables.allSatisfy { $0.count == 256 })
    tables.flatMap { $0 }.withUnsafeBytes { lut in
      spread(
        bounds, mirrored: flipX, through: lut.baseAddress, elementBytes: 4, into: target,
        planeStride: planeStride)
    }
  }

  /// Splits the channels into byte planes; see `planes(through:flipX:into:planeStride:)`.
  package func planes(flipX: Bool, into target: UnsafeMutablePointer<UInt8>, planeStride: Int? = nil) {
    spread(bounds, mirrored: flipX, through: nil, elementBytes: 1, into: target, planeStride: planeStride)
  }

  /// The last pass of a plan: a part of the picture, perhaps mirrored, as planes or pixels of table elements.
  ///
  /// - Parameters:
  ///   - table: 256 elements for each channel; nil for the bytes themselves.
  ///   - elementBytes: 1, 2 or 4.
  ///   - isInterleaved: `[H, W, C]` instead of `[C, H, W]`.
  ///   - isScalar: by the specification's loop (for tests).
  package func spread(
    _ part: Rect, mirrored: Bool, through table: UnsafeRawPointer?, elementBytes: Int,
    isInterleaved: Bool = false, into target: UnsafeMutableRawPointer, planeStride: Int? = nil,
    isScalar: Bool = false
  ) {
    precondition(format.bytesPerChannel == 1 && bounds.contains(part))
    precondition(table != nil || elementBytes == 1, "bytes without a table stay bytes")
    if part.size.area == 0 { return }
    let loops = Int32(isScalar ? TK_LOOPS_SCALAR : TK_LOOPS_BEST)
    withUnsafeBytes { source in
      let first = (source.baseAddress! + part.y * bytesPerRow + part.x * format.bytesPerPixel)
        .assumingMemoryBound(to: UInt8.self)
      if isInterleaved {
        tk_lut_interleaved(
          first, bytesPerRow, part.width, part.height, channels, mirrored ? 1 : 0, table, Int32(elementBytes),
          target, loops)
      } else {
        tk_lut_planar(
          first, bytesPerRow, part.width, part.height, channels, mirrored ? 1 : 0, table, Int32(elementBytes),
          target, planeStride ?? part.size.area, loops)
      }
    }
  }
}
