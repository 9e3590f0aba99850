public import TesseraCore

/// Does one operation, chosen from fourteen, at a random strength.
///
/// Operations as `RandAugment`'s with wider ranges (rotation to 135°, factors to 1.99). Tables as torchvision's.
/// Source: Müller and Hutter, "TrivialAugment" (2021). Masks, boxes and keypoints move along.
/// - Shape: unchanged; L or RGB.
public struct TrivialAugmentWide: RandomTransform, ImageTransform {
  /// Into how many steps strengths are divided; each is equally likely.
  public var binCount: Int
  public var filter: ResampleFilter { style.filter }
  public var fill: Fill { style.fill }
  var style: AugmentationStyle

  /// - Parameters:
  ///   - binCount: at least 2.
  ///   - filter: nearest, bilinear or bicubic.
  ///   - fill: the colour of pixels that no source pixel covers.
  public init(binCount: Int = 31, filter: ResampleFilter = .nearest, fill: Fill = .zero) {
    self.binCount = binCount
    style = AugmentationStyle(filter: filter, fill: fill)
    _ = checked()
  }

  public static let schema = TransformSchema(
    "trivial_augment_wide", .composition, "Does one operation of fourteen at a random strength.",
    prototype: TrivialAugmentWide(),
    .optional("num_magnitude_bins", \.binCount, label: "binCount", "steps of strength"),
    .optional("filter", \.style.filter, "nearest, bilinear or bicubic"),
    .optional("fill", \.style.fill, "colour where nothing is"))

  public func validate() throws {
    try style.validate()
    guard binCount >= 2 else {
      throw TesseraError(
        .invalidArgument(name: "num_magnitude_bins", expected: "at least 2", got: "\(binCount)"))
    }
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    _ = try picture.checked(.opaque, for: Self.schema.name)
    return AugmentationSpace.trivialAugmentWide.draw(
      steps: binCount, for: picture.size, style: style, using: &random
    ) { $0.integer(in: 0...binCount - 1) }
  }
}
