private import CKernels
package import TesseraCore

/// Pillow's `Image.resize`, bit for bit, of each named generation.
///
/// The arithmetic is `CKernels/resample*.c`'s; here stand the rules around it: what is copied, what is
/// premultiplied, what is reduced first, and in which order the passes run.
package enum Resampler {
  /// What a resize is to do, apart from the picture.
  package struct Request: Sendable, Hashable {
    package var size: Size
    package var filter: ResampleFilter
    /// The part to scale, in pixels of the source; nil for all of it.
    package var box: Box?
    package var generation: PillowGeneration
    /// How much of the scaling the filter keeps after an integer reduction; nil for no reduction.
    package var reducingGap: Double?

    package init(
      size: Size, filter: ResampleFilter, box: Box? = nil, generation: PillowGeneration = .newest,
      reducingGap: Double? = nil
    ) {
      self.size = size
      self.filter = filter
      self.box = box
      self.generation = generation
      self.reducingGap = reducingGap
    }
  }

  /// Resizes a picture.
  ///
  /// - Shape: `[H, W, C]` → `[size.height, size.width, C]`. Colour is premultiplied by alpha meanwhile.
  /// - Throws: `invalidInput` if the box does not lie in the picture, or `reducingGap` meets 16-bit gray;
  ///   `outOfMemory`.
  package static func resize(_ image: Image, _ request: Request) throws -> Image {
    try image.withUnsafeBytes { bytes in
      try resize(PictureRegion(image, bytes: bytes, rect: image.bounds), request)
    }
  }

  /// Resizes a region in place, as if it were a picture of its own: nothing outside of it is read.
  package static func resize(_ source: PictureRegion, _ request: Request) throws -> Image {
    try validate(request, for: source.size, source.format)
    let whole = Box(Rect(x: 0, y: 0, width: source.size.width, height: source.size.height))
    let box = request.box ?? whole
    if request.size == source.size && box == whole { return source.copied() }
    if request.filter == .nearest { return nearest(source, request.size, box) }
    guard source.format.hasAlpha else { return try filtered(source, request, box) }
    var inner = request
    // Before 13, Pillow forgets the gap on its way through the premultiplied picture.
    if request.generation < .pillow13 { inner.reducingGap = nil }
    let premultiplied = alpha(source, tk_premultiply_u8)
    let resized = try premultiplied.withUnsafeBytes { bytes in
      try filtered(
        PictureRegion(premultiplied, bytes: bytes, rect: premultiplied.bounds), inner, box)
    }
    return resized.withUnsafeBytes { bytes in
      alpha(PictureRegion(resized, bytes: bytes, rect: resized.bounds), tk_unpremultiply_u8)
    }
  }

  /// Throws what `resize` would throw for such a picture, memory aside.
  package static func validate(_ request: Request, for size: Size, _ format: PixelFormat) throws {
    guard size.width > 0, size.height > 0 else {
      throw TesseraError(
        .invalidInput(operation: "resize", expected: "a picture with at least one pixel", got: "\(size)"))
    }
    if request.reducingGap != nil && request.filter != .nearest && format == .gray16 {
      throw TesseraError(
        .invalidInput(
          operation: "resize with reducing_gap", expected: "8-bit channels (16-bit gray cannot be reduced)",
          got: format.pillowMode))
    }
    guard let box = request.box else { return }
    guard box.left >= 0, box.top >= 0, box.right <= Double(size.width), box.bottom <= Double(size.height),
      Float(box.right) > Float(box.left), Float(box.bottom) > Float(box.top)
    else {
      throw TesseraError(
        .invalidInput(
          operation: "resize", expected: "a box with an area inside of the picture \(size)",
          got: "[\(box.left), \(box.top), \(box.right), \(box.bottom)]"))
    }
  }

  /// The integer reduction that comes first, if one does.
  static func reduction(of source: Size, _ request: Request, _ box: Box) -> Reduction? {
    guard let gap = request.reducingGap, request.filter != .nearest else { return nil }
    let (scaleX, scaleY) = (box.width / Double(request.size.width), box.height / Double(request.size.height))
    let (x, y) = (max(Int(scaleX / gap), 1), max(Int(scaleY / gap), 1))
    guard x > 1 || y > 1 else { return nil }
    // The pixels that the filter will reach, in whole source pixels.
    let reach = request.filter.support - 0.5
    let (left, top) = (
      max(0, Int(box.left - reach * scaleX)), max(0, Int(box.top - reach * scaleY))
    )
    let right = min(source.width, Int((box.right + reach * scaleX).rounded(.up)))
    let bottom = min(source.height, Int((box.bottom + reach * scaleY).rounded(.up)))
    return Reduction(
      factorX: x, factorY: y, rect: Rect(x: left, y: top, width: right - left, height: bottom - top))
  }

  /// Blocks of `factorX` × `factorY` pixels of `rect`, averaged.
  struct Reduction {
    var factorX: Int
    var factorY: Int
    var rect: Rect
    var size: Size {
      Size(
        width: (rect.width + factorX - 1) / factorX, height: (rect.height + factorY - 1) / factorY)
    }
    /// `box` in pixels of the reduced picture.
    func shrunken(_ box: Box) -> Box {
      Box(
        left: (box.left - Double(rect.x)) / Double(factorX),
        top: (box.top - Double(rect.y)) / Double(factorY),
        right: (box.right - Double(rect.x)) / Double(factorX),
        bottom: (box.bottom - Double(rect.y)) / Double(factorY))
    }
  }
}

// MARK: - The steps

extension Resampler {
  private static func filtered(_ source: PictureRegion, _ request: Request, _ box: Box) throws -> Image {
    guard let reduction = reduction(of: source.size, request, box) else {
      return try convolved(source, request, box)
    }
    let reduced = reduce(source, reduction)
    return try reduced.withUnsafeBytes { bytes in
      try convolved(
        PictureRegion(reduced, bytes: bytes, rect: reduced.bounds), request, reduction.shrunken(box))
    }
  }

  private static func convolved(_ source: PictureRegion, _ request: Request, _ box: Box) throws -> Image {
    let plan = try ResamplePlan(request, source: source.size, format: source.format, box: box)
    return Image(size: request.size, format: source.format) { target in
      plan.run(source: source, target: target.baseAddress!)
    }
  }

  private static func reduce(_ source: PictureRegion, _ reduction: Reduction) -> Image {
    let rect = reduction.rect
    let channels = source.format.channels
    return Image(size: reduction.size, format: source.format) { target in
      tk_reduce_u8(
        source.bytes + rect.y * source.stride + rect.x * channels, source.stride, Int32(rect.width),
        Int32(rect.height), Int32(channels), Int32(reduction.factorX), Int32(reduction.factorY),
        target.baseAddress!.assumingMemoryBound(to: UInt8.self), reduction.size.width * channels)
    }
  }

  private static func nearest(_ source: PictureRegion, _ size: Size, _ box: Box) -> Image {
    let columns = indices(box.left, box.right, source.size.width, size.width, source.format)
    let rows = indices(box.top, box.bottom, source.size.height, size.height, source.format)
    let pixel = source.format.bytesPerPixel
    return Image(size: size, format: source.format) { target in
      tk_nearest_run(
        source.bytes, source.stride, Int32(pixel), columns, Int32(size.width), rows, Int32(size.height),
        target.baseAddress!.assumingMemoryBound(to: UInt8.self), size.width * pixel)
    }
  }

  private static func indices(
    _ from: Double, _ to: Double, _ count: Int, _ out: Int, _ format: PixelFormat
  ) -> [Int32] {
    [Int32](unsafeUninitializedCapacity: out) { buffer, initialized in
      tk_nearest_indices(
        Float(from), Float(to), Int32(count), Int32(out), format.bytesPerChannel == 1 ? 1 : 0,
        buffer.baseAddress)
      initialized = out
    }
  }

  private typealias AlphaKernel = (
    UnsafePointer<UInt8>?, Int, Int32, Int32, Int32, UnsafeMutablePointer<UInt8>?, Int
  ) -> Void

  private static func alpha(_ source: PictureRegion, _ kernel: AlphaKernel) -> Image {
    Image(size: source.size, format: source.format) { target in
      kernel(
        source.bytes, source.stride, Int32(source.size.width), Int32(source.size.height),
        Int32(source.format.channels), target.baseAddress!.assumingMemoryBound(to: UInt8.self),
        source.size.width * source.format.channels)
    }
  }
}
