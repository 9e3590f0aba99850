public import TesseraCore

/// Resizes to edges that are multiples of a factor, with an area between two bounds: Qwen2-VL's `smart_resize`.
///
/// Each edge becomes `round(edge / factor) · factor` (half to even). Where the area passes `maxPixels`, both are
/// first divided by `β = √(H·W / max)` and rounded down; where it falls short of `minPixels`, multiplied by
/// `β = √(min / (H·W))` and rounded up.
///
/// - Edge cases: one edge over 200 times the other is `invalidInput`, as there.
public struct SmartResize: ImageTransform {
  /// What both edges are multiples of: patch size times merge size.
  public var factor: Int
  public var minPixels: Int
  public var maxPixels: Int
  public var filter: ResampleFilter
  public var generation: PillowGeneration?

  public init(
    factor: Int = 28, minPixels: Int = 56 * 56, maxPixels: Int = 28 * 28 * 1280,
    filter: ResampleFilter = .bicubic,
    generation: PillowGeneration? = nil
  ) {
    self.factor = factor
    self.minPixels = minPixels
    self.maxPixels = maxPixels
    self.filter = filter
    self.generation = generation
    _ = checked()
  }

  public static let schema = TransformSchema(
    "smart_resize", .model, "Resizes to multiples of a factor within bounds of area (Qwen2-VL).",
    prototype: SmartResize(),
    .optional("factor", \.factor, "what both edges are multiples of"),
    .optional("min_pixels", \.minPixels, "the least area"),
    .optional("max_pixels", \.maxPixels, "the greatest area"),
    .optional("filter", \.filter, "the resampling filter"),
    .optional("generation", \.generation, "the generation of Pillow; none: the pipeline's"))

  public func validate() throws {
    try Check.argument(factor > 0, "factor", "at least 1", factor)
    try Check.argument(minPixels > 0, "min_pixels", "at least 1", minPixels)
    try Check.argument(maxPixels >= minPixels, "max_pixels", "at least min_pixels (\(minPixels))", maxPixels)
    try ResizeTo(unchecked: Size(1), filter: filter, generation: generation ?? .newest).validate()
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    try picture.resizing(
      to: outputSize(for: picture.size), filter: filter, generation: generation, operation: "smart_resize")
  }

  /// The size of a picture of size `source` afterwards.
  ///
  /// - Throws: `invalidInput` if an edge is 0 or over 200 times the other.
  public func outputSize(for source: Size) throws -> Size {
    guard source.shorter > 0, Double(source.longer) / Double(source.shorter) <= 200 else {
      throw TesseraError(
        .invalidInput(
          operation: "smart_resize", expected: "a picture at most 200 times as long as wide", got: "\(source)"
        ))
    }
    let (height, width, f) = (Double(source.height), Double(source.width), Double(factor))
    var h = (height / f).rounded(.toNearestOrEven) * f
    var w = (width / f).rounded(.toNearestOrEven) * f
    if h * w > Double(maxPixels) {
      let beta = (height * width / Double(maxPixels)).squareRoot()
      h = max(f, (height / beta / f).rounded(.down) * f)
      w = max(f, (width / beta / f).rounded(.down) * f)
    } else if h * w < Double(minPixels) {
      let beta = (Double(minPixels) / (height * width)).squareRoot()
      h = (height * beta / f).rounded(.up) * f
      w = (width * beta / f).rounded(.up) * f
    }
    return Size(width: Int(w), height: Int(h))
  }
}
