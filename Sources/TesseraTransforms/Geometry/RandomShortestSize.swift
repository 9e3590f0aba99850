public import TesseraCore

/// Resizes the shorter edge to one of several lengths by chance: torchvision's `RandomShortestSize`.
///
/// - Shape: `[H, W, C]` → `[⌊H·r⌋, ⌊W·r⌋, C]` with `r = min(shortest / shorter, max / longer)`.
public struct RandomShortestSize: ImageTransform, RandomTransform {
  /// The lengths to choose from, each equally likely.
  public var minSize: [Int]
  /// The most pixels that the longer edge may have.
  public var maxSize: Int?
  public var filter: ResampleFilter
  public var generation: PillowGeneration?

  public init(
    _ minSize: [Int], maxSize: Int? = nil, filter: ResampleFilter = .bilinear,
    generation: PillowGeneration? = nil
  ) {
    self.minSize = minSize
    self.maxSize = maxSize
    self.filter = filter
    self.generation = generation
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_shortest_size", .geometry, "Resizes the shorter edge to one of several lengths.",
    prototype: RandomShortestSize([1]),
    .required("min_size", \.minSize, label: "", "lengths to choose from"),
    .optional("max_size", \.maxSize, "the most that the longer edge may have"),
    .optional("filter", \.filter, "the resampling filter"),
    .optional("generation", \.generation, "the generation of Pillow; none: the pipeline's"))

  public func validate() throws {
    try Check.argument(
      !minSize.isEmpty && minSize.allSatisfy { $0 > 0 }, "min_size", "at least one length, each above 0",
      minSize)
    try Check.argument(maxSize.map { $0 > 0 } ?? true, "max_size", "above 0", maxSize ?? 0)
    try ResizeTo(unchecked: Size(1), filter: filter, generation: generation ?? .newest).validate()
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let shortest = minSize[random.integer(in: 0...minSize.count - 1)]
    return try picture.resizing(
      to: size(of: picture.size, shortest: shortest), filter: filter, generation: generation,
      operation: "random_shortest_size")
  }

  /// The size of a picture after a length is drawn.
  package func size(of source: Size, shortest: Int) -> Size {
    var r = Double(shortest) / Double(source.shorter)
    if let maxSize { r = min(r, Double(maxSize) / Double(source.longer)) }
    return Size(width: Int(Double(source.width) * r), height: Int(Double(source.height) * r))
  }
}
