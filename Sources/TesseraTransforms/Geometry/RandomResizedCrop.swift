public import TesseraCore

/// Cuts out a random part of the picture and resizes it: torchvision's `RandomResizedCrop`.
///
/// The part is cut first and resized then, so the filter never sees what lies outside of it.
///
/// - Shape: `[H, W, C]` → `[size.height, size.width, C]`.
public struct RandomResizedCrop: ImageTransform, RandomTransform {
  public var size: Size
  /// The part's share of the picture's area: lower bound above 0.
  public var area: ClosedRange<Double>
  /// The part's width over its height: lower bound above 0; drawn uniformly in the logarithm.
  public var aspectRatio: ClosedRange<Double>
  public var filter: ResampleFilter
  /// Nil: the pipeline's (`resampling`), or the newest.
  public var generation: PillowGeneration?

  public init(
    _ size: Size, area: ClosedRange<Double> = 0.08...1,
    aspectRatio: ClosedRange<Double> = (3.0 / 4)...(4.0 / 3),
    filter: ResampleFilter = .bilinear, generation: PillowGeneration? = nil
  ) {
    self.size = size
    self.area = area
    self.aspectRatio = aspectRatio
    self.filter = filter
    self.generation = generation
    _ = checked()
  }

  /// A square.
  public init(
    _ side: Int, area: ClosedRange<Double> = 0.08...1,
    aspectRatio: ClosedRange<Double> = (3.0 / 4)...(4.0 / 3),
    filter: ResampleFilter = .bilinear, generation: PillowGeneration? = nil
  ) {
    self.init(Size(side), area: area, aspectRatio: aspectRatio, filter: filter, generation: generation)
  }

  public static let schema = TransformSchema(
    "random_resized_crop", .geometry, "Cuts out a random part and resizes it.",
    prototype: RandomResizedCrop(1),
    .required("size", \.size, label: "", "size of the result"),
    .optional("area", \.area, "the part's share of the area"),
    .optional("aspect_ratio", \.aspectRatio, "the part's width over its height"),
    .optional("filter", \.filter, "the resampling filter"),
    .optional("generation", \.generation, "the generation of Pillow; none: the pipeline's"))

  public func validate() throws {
    try Check.size(size)
    try Check.argument(area.lowerBound > 0 && area.upperBound.isFinite, "area", "above 0", area)
    try Check.argument(
      aspectRatio.lowerBound > 0 && aspectRatio.upperBound.isFinite, "aspect_ratio", "above 0", aspectRatio)
    try ResizeTo(unchecked: size, filter: filter, generation: generation ?? .newest).validate()
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    guard picture.size.width > 0, picture.size.height > 0 else {
      throw TesseraError(
        .invalidInput(
          operation: "random_resized_crop", expected: "a picture with at least one pixel",
          got: "\(picture.size)"))
    }
    let rect = rect(in: picture.size, using: &random)
    let resize = ResizeTo(
      unchecked: size, filter: filter, generation: generation ?? picture.generation)
    try resize.validate()
    var operations: [any Operation] = []
    operations.reserveCapacity(2)
    if rect.size != picture.size { operations.append(Crop(rect)) }
    if rect.size != size { operations.append(resize) }
    return operations
  }

  /// The part to cut out of a picture of size `source`.
  ///
  /// Up to ten tries; then the largest part of an allowed aspect ratio from the middle.
  package func rect(in source: Size, using random: inout some DrawSource) -> Rect {
    let logarithms = FixedMath.log(aspectRatio.lowerBound)...FixedMath.log(aspectRatio.upperBound)
    for _ in 0..<10 {
      let share = random.uniform(area)
      let ratio = FixedMath.exp(random.uniform(logarithms))
      guard let part = Self.part(of: source, area: share, aspectRatio: ratio) else { continue }
      let y = random.integer(in: 0...source.height - part.height)
      let x = random.integer(in: 0...source.width - part.width)
      return Rect(x: x, y: y, width: part.width, height: part.height)
    }
    return fallback(in: source)
  }

  /// The size of a part with a share of the area and an aspect ratio, rounded half to even; nil if it does not fit.
  private static func part(of source: Size, area share: Double, aspectRatio: Double) -> Size? {
    let target = Double(source.area) * share
    let width = (target * aspectRatio).squareRoot().rounded(.toNearestOrEven)
    let height = (target / aspectRatio).squareRoot().rounded(.toNearestOrEven)
    guard width > 0, width <= Double(source.width), height > 0, height <= Double(source.height) else {
      return nil
    }
    return Size(width: Int(width), height: Int(height))
  }

  /// The middle of the picture, as much of it as the aspect ratio's nearest bound allows.
  private func fallback(in source: Size) -> Rect {
    let ratio = Double(source.width) / Double(source.height)
    var part = source
    if ratio < aspectRatio.lowerBound {
      part.height = Int((Double(source.width) / aspectRatio.lowerBound).rounded(.toNearestOrEven))
    } else if ratio > aspectRatio.upperBound {
      part.width = Int((Double(source.height) * aspectRatio.upperBound).rounded(.toNearestOrEven))
    }
    // A bound far from 1 can round a part of a thin picture to nothing, where torchvision fails.
    part = Size(width: max(part.width, 1), height: max(part.height, 1))
    return Rect(
      x: (source.width - part.width) / 2, y: (source.height - part.height) / 2, width: part.width,
      height: part.height)
  }
}
