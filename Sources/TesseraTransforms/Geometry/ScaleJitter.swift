public import TesseraCore

/// Fits the picture into a target size and scales it by a random factor: torchvision's `ScaleJitter`.
///
/// - Shape: `[H, W, C]` → `[⌊H·r⌋, ⌊W·r⌋, C]` with `r = min(target / source) · U(scale)`.
public struct ScaleJitter: ImageTransform, RandomTransform {
  public var targetSize: Size
  /// The range of the factor, above 0.
  public var scale: ClosedRange<Double>
  public var filter: ResampleFilter
  public var generation: PillowGeneration?

  public init(
    _ targetSize: Size, scale: ClosedRange<Double> = 0.1...2, filter: ResampleFilter = .bilinear,
    generation: PillowGeneration? = nil
  ) {
    self.targetSize = targetSize
    self.scale = scale
    self.filter = filter
    self.generation = generation
    _ = checked()
  }

  public static let schema = TransformSchema(
    "scale_jitter", .geometry, "Fits the picture into a size and scales it by a random factor.",
    prototype: ScaleJitter(Size(1)),
    .required("target_size", \.targetSize, label: "", "what factor 1 fits the picture into"),
    .optional("scale", \.scale, "range of the factor"),
    .optional("filter", \.filter, "the resampling filter"),
    .optional("generation", \.generation, "the generation of Pillow; none: the pipeline's"))

  public func validate() throws {
    try Check.size(targetSize)
    try Check.argument(scale.lowerBound > 0 && scale.upperBound.isFinite, "scale", "above 0", scale)
    try ResizeTo(unchecked: targetSize, filter: filter, generation: generation ?? .newest).validate()
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let factor = random.uniform(scale)
    return try picture.resizing(
      to: Self.size(of: picture.size, fitting: targetSize, scale: factor), filter: filter,
      generation: generation, operation: "scale_jitter")
  }

  /// The size of a picture after a factor is drawn.
  package static func size(of source: Size, fitting target: Size, scale: Double) -> Size {
    // torchvision takes the pair (H, W) apart the other way round: `size[1] / height`, `size[0] / width`.
    let fit = min(
      Double(target.width) / Double(source.height), Double(target.height) / Double(source.width))
    let r = fit * scale
    return Size(width: Int(Double(source.width) * r), height: Int(Double(source.height) * r))
  }
}

extension PictureInfo {
  /// The resize to `size`, or nothing if the picture has it.
  func resizing(
    to size: Size, filter: ResampleFilter, generation: PillowGeneration?, operation: String
  ) throws -> [any Operation] {
    guard size.width > 0, size.height > 0, self.size.width > 0, self.size.height > 0 else {
      throw TesseraError(
        .invalidInput(
          operation: operation, expected: "a picture of which at least one pixel is left",
          got: "\(self.size), which would become \(size)"))
    }
    if size == self.size { return [] }
    let resize = ResizeTo(unchecked: size, filter: filter, generation: generation ?? self.generation)
    try resize.validate()
    return [resize]
  }
}
