public import TesseraCore

/// Adds normal noise in proportion to each value: `x + x · N(mean, sigma)`.
///
/// - Units: mean and sigma are shares of the value itself: sigma 0.1 changes bright values ten times as much as those
///   a tenth as bright. Bytes are rounded half up and clamped; float results are clipped to 0...1 by `clip`.
/// Draws `add_speckle_noise` with a fresh key.
/// - Shape: unchanged; pictures of mode L, LA, RGB or RGBA, tensors of any shape.
public struct SpeckleNoise: RandomTransform, ImageTransform, TensorTransform {
  /// Mean of the factor's change.
  public var mean: Double
  /// Standard deviation of the factor's change.
  public var sigma: Double
  /// Whether float results are clamped to 0...1.
  public var clip: Bool

  /// - Parameters:
  ///   - mean: mean of the factor's change.
  ///   - sigma: standard deviation of the factor's change.
  ///   - clip: whether float results are clamped to 0...1.
  public init(mean: Double = 0, sigma: Double = 0.1, clip: Bool = true) {
    self.mean = mean
    self.sigma = sigma
    self.clip = clip
    _ = checked()
  }

  public static let schema = TransformSchema(
    "speckle_noise", .noise, "Adds normal noise in proportion to each value.", prototype: SpeckleNoise(),
    .optional("mean", \.mean, "mean of the factor's change"),
    .optional("sigma", \.sigma, "standard deviation of the factor's change"),
    .optional("clip", \.clip, "whether float results are clamped to 0...1"))

  public func validate() throws { try AddSpeckleNoise.validate(mean: mean, sigma: sigma, clip: clip) }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let operation = AddSpeckleNoise(mean: mean, sigma: sigma, clip: clip, key: random.split().key)
    _ = try operation.output(for: picture)
    return [operation]
  }
}
