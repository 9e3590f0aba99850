private import CKernels
import TesseraCore

/// The end of a pipeline as one pass: mirror, convert, scale, normalise and lay out as planes.
///
/// For 8-bit pictures any chain of steps that treats each value by itself is a table of 256 entries a channel.
/// The tables are made by the steps themselves from a ramp of all values, so the pass has their very bits.
struct TensorPass: Sendable {
  /// How many operations, from the conversion on, the pass stands for.
  let operationCount: Int
  let format: PixelFormat
  /// `[C, 1, 256]`.
  private let tables: Tensor<Float>

  /// The pass for the operations that begin with a conversion, or nil if they cannot be a table of floats.
  init?(_ operations: ArraySlice<any Operation>, format: PixelFormat) throws {
    guard format != .gray16, let conversion = operations.first as? any ConversionOperation else { return nil }
    let ramp = Image(size: Size(width: 256, height: 1), format: format) { bytes in
      for i in bytes.indices { bytes[i] = UInt8(i / format.channels) }
    }
    guard case .float32(var tables) = try conversion.tensor(from: ramp),
      tables.shape == [format.channels, 1, 256]
    else { return nil }
    var count = 1
    for operation in operations.dropFirst() {
      guard let pointwise = operation as? any PointwiseTensorOperation,
        case .float32(let next) = try pointwise.apply(to: .float32(tables)), next.shape == tables.shape
      else { break }
      tables = next
      count += 1
    }
    self.operationCount = count
    self.format = format
    self.tables = tables
  }

  /// Elements that one picture of `size` fills.
  func elementCount(_ size: Size) -> Int { size.area * format.channels }

  /// Writes the planes `[C, H, W]` of a part of a picture to `target`.
  func write(_ window: ImageWindow, to target: UnsafeMutablePointer<Float>) {
    let region = window.region
    window.image.withUnsafeBytes { source in
      guard let base = source.baseAddress, region.width > 0, region.height > 0 else { return }
      let first =
        base + region.y * window.image.bytesPerRow + region.x * format.bytesPerPixel
      tables.withUnsafeBufferPointer { tables in
        tk_lut_planar_f32(
          first.assumingMemoryBound(to: UInt8.self), window.image.bytesPerRow, region.width, region.height,
          format.channels, window.isMirrored ? 1 : 0, tables.baseAddress!, target, region.size.area)
      }
    }
  }

  /// Shape and type of what comes out: `[C, H, W]` of one window, `[V, C, H, W]` of several views.
  func info(_ windows: [ImageWindow], isViews: Bool) -> TensorInfo {
    let size = windows.first?.size ?? Size(0)
    let shape = (isViews ? [windows.count] : []) + [format.channels, size.height, size.width]
    return TensorInfo(shape: shape, dataType: .float32)
  }

  /// Writes the planes of all windows, one after another.
  func write(_ windows: [ImageWindow], to target: UnsafeMutablePointer<Float>) {
    for (index, window) in windows.enumerated() {
      write(window, to: target + index * elementCount(window.size))
    }
  }

  /// The tensor of one window, or of several views.
  func tensor(_ windows: [ImageWindow], isViews: Bool) -> Tensor<Float> {
    Tensor(shape: info(windows, isViews: isViews).shape) { target in
      if let base = target.baseAddress { write(windows, to: base) }
    }
  }
}
