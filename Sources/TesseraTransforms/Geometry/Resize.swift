public import TesseraCore

/// Resizes a picture to a shorter edge, an exact size, or a longest edge: torchvision's `Resize` on PIL pictures.
///
/// - Shape: `[H, W, C]` → `[h, w, C]`. Nothing happens to a picture that has the size already.
/// - Edge cases: the longer edge is truncated, not rounded; a picture so long that its shorter edge would be 0 is
///   `invalidInput`.
public struct Resize: ImageTransform {
  /// What to resize to; nil: the longer edge becomes `maxSize`.
  public var size: ResizeTarget?
  public var filter: ResampleFilter
  /// The most pixels that the longer edge may have; with a shorter edge only.
  public var maxSize: Int?
  /// Shrinks by a whole factor first and leaves the filter at least this scale; nil for never.
  public var reducingGap: Double?
  /// Nil: the pipeline's (`resampling`), or the newest.
  public var generation: PillowGeneration?

  /// - Parameters:
  ///   - size: the shorter edge.
  ///   - maxSize: greater than `size`.
  public init(
    _ size: Int, filter: ResampleFilter = .bilinear, maxSize: Int? = nil, reducingGap: Double? = nil,
    generation: PillowGeneration? = nil
  ) {
    self.init(
      .shorterEdge(size), filter: filter, maxSize: maxSize, reducingGap: reducingGap,
      generation: generation)
  }

  /// - Parameter size: both edges; the aspect ratio may change.
  public init(
    _ size: Size, filter: ResampleFilter = .bilinear, reducingGap: Double? = nil,
    generation: PillowGeneration? = nil
  ) {
    self.init(.exact(size), filter: filter, reducingGap: reducingGap, generation: generation)
  }

  /// - Parameter target: nil makes the longer edge `maxSize`.
  public init(
    _ target: ResizeTarget?, filter: ResampleFilter = .bilinear, maxSize: Int? = nil,
    reducingGap: Double? = nil, generation: PillowGeneration? = nil
  ) {
    self.size = target
    self.filter = filter
    self.maxSize = maxSize
    self.reducingGap = reducingGap
    self.generation = generation
    _ = checked()
  }

  public static let schema = TransformSchema(
    "resize", .geometry, "Resizes to a shorter edge or to an exact size, as Pillow.", prototype: Resize(1),
    .required("size", \.size, label: "", "the shorter edge, both edges, or none to go by max_size"),
    .optional("filter", \.filter, "the resampling filter"),
    .optional("max_size", \.maxSize, "the most that the longer edge may have"),
    .optional("reducing_gap", \.reducingGap, "shrink by a whole factor first, leaving the filter this much"),
    .optional("generation", \.generation, "the generation of Pillow; none: the pipeline's"))

  public func validate() throws {
    switch size {
    case .shorterEdge(let edge):
      guard edge > 0 else { throw invalid("size", "at least 1", "\(edge)") }
      if let maxSize, maxSize <= edge {
        throw invalid("max_size", "greater than the shorter edge \(edge)", "\(maxSize)")
      }
    case .exact(let size):
      guard size.width > 0, size.height > 0 else { throw invalid("size", "at least 1 × 1", "\(size)") }
      if let maxSize { throw invalid("max_size", "left out with an exact size", "\(maxSize)") }
    case nil:
      guard let maxSize, maxSize > 0 else {
        throw invalid(
          "max_size", "given and at least 1 where size is none", maxSize.map(String.init) ?? "none")
      }
    }
    try ResizeTo(
      unchecked: Size(1), filter: filter, reducingGap: reducingGap, generation: generation ?? .newest
    ).validate()
  }

  private func invalid(_ name: String, _ expected: String, _ got: String) -> TesseraError {
    TesseraError(.invalidArgument(name: name, expected: expected, got: got))
  }

  /// The size of a picture of size `source` afterwards.
  public func outputSize(for source: Size) -> Size {
    if let size { return size.size(for: source, maxSize: maxSize) }
    let longer = maxSize ?? source.longer
    let shorter = Int(Double(longer * source.shorter) / Double(source.longer))
    return source.width <= source.height
      ? Size(width: shorter, height: longer) : Size(width: longer, height: shorter)
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let source = picture.size
    guard source.width > 0, source.height > 0 else {
      throw TesseraError(
        .invalidInput(operation: "resize", expected: "a picture with at least one pixel", got: "\(source)"))
    }
    let target = outputSize(for: source)
    if target == source { return [] }
    guard target.width > 0, target.height > 0 else {
      throw TesseraError(
        .invalidInput(
          operation: "resize", expected: "a picture whose shorter edge stays at least 1 pixel",
          got: "\(source), which would become \(target)"))
    }
    let operation = ResizeTo(
      unchecked: target, filter: filter, reducingGap: reducingGap,
      generation: generation ?? picture.generation)
    try operation.validate()
    return [operation]
  }
}
