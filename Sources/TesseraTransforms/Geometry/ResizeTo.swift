public import TesseraCore

/// Resizes a picture, or a box of it, to a fixed size: Pillow's `Image.resize`, bit for bit.
///
/// - Shape: `[H, W, C]` → `[height, width, C]`. Range: 0...255, rounded half up, clamped. Colour is
///   premultiplied by alpha meanwhile (not for NEAREST).
/// - Complexity: O(*H·w·k* + *h·w·k*) for filter width *k*.
/// - Edge cases: 16-bit gray is equal too but for ties of HAMMING and LANCZOS, whose last bit is libm's.
public struct ResizeTo: GeometricOperation, RegionOperation {
  public var size: Size
  public var filter: ResampleFilter
  /// The part to scale: left, top, right, bottom in pixels, fractions allowed; nil for all.
  public var box: Box?
  /// Shrinks by a whole factor first and leaves the filter at least this scale; nil for never.
  public var reducingGap: Double?
  public var generation: PillowGeneration

  /// - Parameters:
  ///   - size: at least one pixel.
  ///   - reducingGap: at least 1.
  public init(
    _ size: Size, filter: ResampleFilter = .bicubic, box: Box? = nil, reducingGap: Double? = nil,
    generation: PillowGeneration = .newest
  ) {
    self.init(unchecked: size, filter: filter, box: box, reducingGap: reducingGap, generation: generation)
    _ = checked()
  }

  /// - Parameters:
  ///   - width, height: at least 1.
  ///   - reducingGap: at least 1.
  public init(
    width: Int, height: Int, filter: ResampleFilter = .bicubic, box: Box? = nil, reducingGap: Double? = nil,
    generation: PillowGeneration = .newest
  ) {
    self.init(
      Size(width: width, height: height), filter: filter, box: box, reducingGap: reducingGap,
      generation: generation)
  }

  /// For draws, which throw instead of trapping: call `validate()` next.
  init(
    unchecked size: Size, filter: ResampleFilter, box: Box? = nil, reducingGap: Double? = nil,
    generation: PillowGeneration
  ) {
    self.size = size
    self.filter = filter
    self.box = box
    self.reducingGap = reducingGap
    self.generation = generation
  }

  public static let schema = TransformSchema(
    "resize_to", .operation, "Resizes to a fixed size, as Pillow's Image.resize.",
    prototype: ResizeTo(Size(1)),
    .required("width", \.size.width, "width in pixels"),
    .required("height", \.size.height, "height in pixels"),
    .optional("filter", \.filter, "the resampling filter"),
    .optional("box", \.box, "the part to scale, in pixels, fractions allowed"),
    .optional("reducing_gap", \.reducingGap, "shrink by a whole factor first, leaving the filter this much"),
    .optional("generation", \.generation, "the generation of Pillow whose pixels to give"))

  public func validate() throws {
    guard size.width > 0, size.height > 0, size.width <= 1 << 24, size.height <= 1 << 24 else {
      throw TesseraError(
        .invalidArgument(name: "size", expected: "1 to 16777216 pixels a side", got: "\(size)"))
    }
    if let reducingGap {
      guard reducingGap >= 1, reducingGap.isFinite else {
        throw TesseraError(
          .invalidArgument(name: "reducing_gap", expected: "1 or greater", got: "\(reducingGap)"))
      }
    }
    if filter == .mks2013 || filter == .mks2021, generation < .pillow13 {
      throw TesseraError(
        .invalidArgument(
          name: "filter", expected: "one that \(generation.rawValue) has (the magic kernels came with 13)",
          got: filter.rawValue))
    }
  }

  var request: Resampler.Request {
    Resampler.Request(
      size: size, filter: filter, box: box, generation: generation, reducingGap: reducingGap)
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try Resampler.validate(request, for: picture.size, picture.format)
    return picture.resized(to: size)
  }

  public func apply(to image: Image, region: Rect) throws -> Image {
    try image.withUnsafeBytes { bytes in
      try Resampler.resize(PictureRegion(image, bytes: bytes, rect: region), request)
    }
  }

  public func apply(toMask mask: Image) throws -> Image {
    try Resampler.resize(
      mask, Resampler.Request(size: size, filter: .nearest, box: box, generation: generation))
  }

  public func move(_ point: Point, in picture: PictureInfo) -> Point {
    let whole = Rect(x: 0, y: 0, width: picture.size.width, height: picture.size.height)
    let from = box ?? Box(whole)
    return Point(
      x: (point.x - from.left) * (Double(size.width) / from.width),
      y: (point.y - from.top) * (Double(size.height) / from.height))
  }
}

extension Box: ArgumentConvertible {
  public static var argumentType: String { "[left, top, right, bottom]" }
  public init?(argument: ArgumentNode) throws {
    guard let edges = try [Double](argument: argument), edges.count == 4 else { return nil }
    self.init(left: edges[0], top: edges[1], right: edges[2], bottom: edges[3])
  }
  public var argument: ArgumentNode { [left, top, right, bottom].argument }
  public var swiftSource: String {
    let edges = [("left", left), ("top", top), ("right", right), ("bottom", bottom)]
    return "Box(\(edges.map { "\($0): \($1.swiftSource)" }.joined(separator: ", ")))"
  }
}
