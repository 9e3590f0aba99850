private import CKernels
import TesseraCore

/// From places of the output to places of the input: what Pillow's `Image.transform` follows.
enum PlaneMap: Equatable {
  /// (a·x + b·y + c, d·x + e·y + f).
  case affine([Double])
  /// The same divided by (g·x + h·y + 1).
  case perspective([Double])

  /// Makes a picture of `size`: each pixel is read where the map says; outside of `image` lies `fill`.
  ///
  /// Bit for bit Pillow's: colour is premultiplied for bilinear and bicubic, and the fill taken as premultiplied.
  ///
  /// - Parameter fill: one pixel of the image's format.
  func apply(to image: Image, size: Size, filter: ResampleFilter, fill: [UInt8]) -> Image {
    let pixel = image.format.bytesPerPixel
    let premultiplied = image.format.hasAlpha && filter != .nearest
    let source = premultiplied ? PlaneMap.multipliedByAlpha(image) : image
    return Image(size: size, format: image.format) { bytes in
      let target = bytes.baseAddress!.assumingMemoryBound(to: UInt8.self)
      PlaneMap.fill(target, count: size.area, with: fill)
      source.withUnsafeBytes { raw in
        var input = tk_source(
          bytes: raw.baseAddress!.assumingMemoryBound(to: UInt8.self), row: image.bytesPerRow,
          width: image.width, height: image.height, pixel: pixel)
        let row = size.width * pixel
        switch self {
        case .affine(let a) where image.format == .gray16:
          tk_affine_nearest_general(target, row, size.width, size.height, &input, a)
        case .affine(let a):
          tk_affine(target, row, size.width, size.height, &input, a, filter.transformKernel)
        case .perspective(let a):
          tk_perspective(target, row, size.width, size.height, &input, a, filter.transformKernel)
        }
      }
      if premultiplied { tk_alpha_divide(target, size.area, pixel) }
    }
  }

  private static func multipliedByAlpha(_ image: Image) -> Image {
    Image(size: image.size, format: image.format) { bytes in
      image.withUnsafeBytes { source in
        tk_alpha_multiply(
          bytes.baseAddress!.assumingMemoryBound(to: UInt8.self),
          source.baseAddress!.assumingMemoryBound(to: UInt8.self), image.size.area, image.format.bytesPerPixel
        )
      }
    }
  }

  /// Writes `count` pixels.
  static func fill(_ target: UnsafeMutablePointer<UInt8>, count: Int, with fill: [UInt8]) {
    let pixel = fill.count
    if fill.allSatisfy({ $0 == fill[0] }) {
      target.initialize(repeating: fill[0], count: count * pixel)
      return
    }
    for i in 0..<count {
      for b in 0..<pixel { target[i * pixel + b] = fill[b] }
    }
  }

  /// Throws what a transform's `validate` throws for a filter that reads between pixels.
  static func validate(_ filter: ResampleFilter, allowed: [ResampleFilter]) throws {
    try Check.argument(
      allowed.contains(filter), "filter", allowed.map(\.rawValue).joined(separator: " | "), filter.rawValue)
  }

  /// - Throws: `invalidInput` for 16-bit pictures with another filter than NEAREST, or a fill that does not fit.
  static func check(_ picture: PictureInfo, _ filter: ResampleFilter, _ fill: Fill, _ name: String) throws {
    guard picture.format != .gray16 || filter == .nearest else {
      throw TesseraError(
        .invalidInput(
          operation: name, expected: "an 8-bit picture (convert it first), or filter: nearest",
          got: "16-bit gray and filter: \(filter.rawValue)"))
    }
    _ = try fill.pixel(for: picture.format)
  }
}

extension ResampleFilter {
  /// `TK_NEAREST`, `TK_BILINEAR` or `TK_BICUBIC`; the others are refused by `validate`.
  var transformKernel: Int32 {
    switch self {
    case .nearest: 0
    case .bicubic: 2
    default: 1
    }
  }
}
