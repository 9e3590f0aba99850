public import TesseraCore

/// Resizes the shorter edge to a random length: torchvision's `RandomResize`.
public struct RandomResize: ImageTransform, RandomTransform {
  /// The least length of the shorter edge.
  public var minSize: Int
  /// One more than the greatest.
  public var maxSize: Int
  public var filter: ResampleFilter
  public var generation: PillowGeneration?

  /// - Parameters:
  ///   - minSize: at least 1.
  ///   - maxSize: greater than `minSize`; never drawn itself, as in torchvision.
  public init(
    _ minSize: Int, _ maxSize: Int, filter: ResampleFilter = .bilinear, generation: PillowGeneration? = nil
  ) {
    self.minSize = minSize
    self.maxSize = maxSize
    self.filter = filter
    self.generation = generation
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_resize", .geometry, "Resizes the shorter edge to a random length.", prototype: RandomResize(1, 2),
    .required("min_size", \.minSize, label: "", "the least length of the shorter edge"),
    .required("max_size", \.maxSize, label: "", "one more than the greatest"),
    .optional("filter", \.filter, "the resampling filter"),
    .optional("generation", \.generation, "the generation of Pillow; none: the pipeline's"))

  public func validate() throws {
    try Check.argument(
      minSize > 0 && maxSize > minSize, "min_size, max_size",
      "at least 1, and max_size greater than min_size",
      "\(minSize), \(maxSize)")
    try ResizeTo(unchecked: Size(1), filter: filter, generation: generation ?? .newest).validate()
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let edge = random.integer(in: minSize...maxSize - 1)
    return try Resize(edge, filter: filter, generation: generation).draw(for: picture, using: &random)
  }
}
