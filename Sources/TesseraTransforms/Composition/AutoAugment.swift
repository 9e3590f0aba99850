public import TesseraCore

/// Does a pair of operations from a policy that a search found, each with its own chance and strength.
///
/// Policies and tables as torchvision's; source: Cubuk et al., "AutoAugment" (2019). Masks, boxes and keypoints
/// move along.
/// - Shape: unchanged; L or RGB.
public struct AutoAugment: RandomTransform, ImageTransform {
  public var policy: AugmentationPolicy
  public var filter: ResampleFilter { style.filter }
  public var fill: Fill { style.fill }
  var style: AugmentationStyle

  /// - Parameters:
  ///   - policy: found on ImageNet, CIFAR-10 or SVHN.
  ///   - filter: nearest, bilinear or bicubic.
  ///   - fill: the colour of pixels that no source pixel covers.
  public init(_ policy: AugmentationPolicy = .imageNet, filter: ResampleFilter = .nearest, fill: Fill = .zero)
  {
    self.policy = policy
    style = AugmentationStyle(filter: filter, fill: fill)
    _ = checked()
  }

  /// Steps of strength in the policies.
  private static let steps = 10

  public static let schema = TransformSchema(
    "auto_augment", .composition, "Does a pair of operations from a policy that a search found.",
    prototype: AutoAugment(),
    .optional("policy", \.policy, label: "", "what the search was done on"),
    .optional("filter", \.style.filter, "nearest, bilinear or bicubic"),
    .optional("fill", \.style.fill, "colour where nothing is"))

  public func validate() throws { try style.validate() }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    _ = try picture.checked(.opaque, for: Self.schema.name)
    let pair = policy.pairs[random.integer(in: 0...policy.pairs.count - 1)]
    return [pair.0, pair.1].flatMap { part -> [any ImageOperation] in
      guard random.bernoulli(part.probability) else { return [] }
      return AugmentationSpace.operations(
        part.augmentation, AugmentationSpace.autoAugment.magnitudes(of: part.augmentation), at: part.step,
        of: Self.steps, for: picture.size, style: style, using: &random)
    }
  }
}
