public import TesseraCore

/// Does a number of operations, chosen from fourteen, all at one strength.
///
/// Each time one of: nothing, shear and shift on either axis, rotation, brightness, colour, contrast, sharpness,
/// posterize, solarize, autocontrast, equalize; those with a sign take either. Tables as torchvision's.
/// Source: Cubuk et al., "RandAugment" (2020). Masks, boxes and keypoints move along.
/// - Shape: unchanged; L or RGB.
public struct RandAugment: RandomTransform, ImageTransform {
  /// How many operations are done, one after another.
  public var operationCount: Int
  /// The strength: a step of 0..<binCount.
  public var magnitude: Int
  /// Into how many steps strengths are divided.
  public var binCount: Int
  public var filter: ResampleFilter { style.filter }
  public var fill: Fill { style.fill }
  var style: AugmentationStyle

  /// - Parameters:
  ///   - operationCount: at least 0.
  ///   - magnitude: 0..<binCount.
  ///   - binCount: at least 2.
  ///   - filter: nearest, bilinear or bicubic.
  ///   - fill: the colour of pixels that no source pixel covers.
  public init(
    operationCount: Int = 2, magnitude: Int = 9, binCount: Int = 31, filter: ResampleFilter = .nearest,
    fill: Fill = .zero
  ) {
    (self.operationCount, self.magnitude, self.binCount) = (operationCount, magnitude, binCount)
    style = AugmentationStyle(filter: filter, fill: fill)
    _ = checked()
  }

  public static let schema = TransformSchema(
    "rand_augment", .composition, "Does some operations of fourteen at one strength.",
    prototype: RandAugment(),
    .optional("num_ops", \.operationCount, label: "operationCount", "operations done"),
    .optional("magnitude", \.magnitude, "strength, from 0"),
    .optional("num_magnitude_bins", \.binCount, label: "binCount", "steps of strength"),
    .optional("filter", \.style.filter, "nearest, bilinear or bicubic"),
    .optional("fill", \.style.fill, "colour where nothing is"))

  public func validate() throws {
    try style.validate()
    guard operationCount >= 0, binCount >= 2 else {
      throw TesseraError(
        .invalidArgument(
          name: "num_ops, num_magnitude_bins", expected: "at least 0 and at least 2",
          got: "\(operationCount), \(binCount)"))
    }
    guard (0..<binCount).contains(magnitude) else {
      throw TesseraError(
        .invalidArgument(name: "magnitude", expected: "between 0 and \(binCount - 1)", got: "\(magnitude)"))
    }
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    _ = try picture.checked(.opaque, for: Self.schema.name)
    return (0..<operationCount).flatMap { _ in
      AugmentationSpace.randAugment.draw(steps: binCount, for: picture.size, style: style, using: &random) {
        _ in
        magnitude
      }
    }
  }
}
