private import CKernels
package import TesseraCore

extension Image {
  /// Splits the channels into float planes, each byte looked up in its channel's table: the fused last
  /// pass of a plan (convert, normalise, mirror, lay out).
  ///
  /// - Parameters:
  ///   - tables: 256 values a channel, one table a channel.
  ///   - flipX: whether rows come out mirrored.
  ///   - target: room for `channels · planeStride` floats; plane `c` starts at `c · planeStride`.
  ///   - planeStride: elements from plane to plane; nil for `width · height`.
  package func planes(
    through tables: [[Float]], flipX: Bool, into target: UnsafeMutablePointer<Float>, planeStride: Int? = nil
  ) {
    precondition(bytesPerChannel == 1 && tables.count == channels && tables.allSatisfy { $0.count == 256 })
    if size.area == 0 { return }
    let flat = tables.flatMap { $0 }
    flat.withUnsafeBufferPointer { lut in
      withUnsafeBytes { source in
        tk_lut_planar_f32(
          source.bindMemory(to: UInt8.self).baseAddress, bytesPerRow, width, height, channels, flipX ? 1 : 0,
          lut.baseAddress, target, planeStride ?? size.area)
      }
    }
  }

  /// Splits the channels into byte planes; see `planes(through:flipX:into:planeStride:)`.
  package func planes(flipX: Bool, into target: UnsafeMutablePointer<UInt8>, planeStride: Int? = nil) {
    precondition(bytesPerChannel == 1)
    if size.area == 0 { return }
    withUnsafeBytes { source in
      tk_planar_u8(
        source.bindMemory(to: UInt8.self).baseAddress, bytesPerRow, width, height, channels, flipX ? 1 : 0,
        target, planeStride ?? size.area)
    }
  }

  private var bytesPerChannel: Int { format.bytesPerChannel }
}
