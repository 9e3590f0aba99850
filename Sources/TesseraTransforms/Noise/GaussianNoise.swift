public import TesseraCore

/// Adds normal noise.
///
/// - Units: mean and sigma are shares of the full range: sigma 0.1 is 0.1 on float tensors and 25.5 levels on bytes.
///   On bytes the noise is truncated towards zero before it is added (torchvision works through int16); without
///   `clip` bytes wrap. Float results are clipped to 0...1, so use it before `normalize` (or without `clip`).
///   Semantics of torchvision's `GaussianNoise`; here also for pictures.
/// - Note: the normal deviates come from 32 + 32 random bits by Box–Muller, and end at 6.66 sigma.
/// Draws `add_gaussian_noise` with a fresh key.
/// - Shape: unchanged; pictures of mode L, LA, RGB or RGBA, tensors of any shape.
public struct GaussianNoise: RandomTransform, ImageTransform, TensorTransform {
  /// Mean of the noise, 1 being full range.
  public var mean: Double
  /// Standard deviation, 1 being full range.
  public var sigma: Double
  /// Whether results are clamped to the range.
  public var clip: Bool

  /// - Parameters:
  ///   - mean: mean of the noise, 1 being full range.
  ///   - sigma: standard deviation, 1 being full range.
  ///   - clip: whether results are clamped to the range.
  public init(mean: Double = 0, sigma: Double = 0.1, clip: Bool = true) {
    self.mean = mean
    self.sigma = sigma
    self.clip = clip
    _ = checked()
  }

  public static let schema = TransformSchema(
    "gaussian_noise", .noise, "Adds normal noise.", prototype: GaussianNoise(),
    .optional("mean", \.mean, "mean of the noise, 1 being full range"),
    .optional("sigma", \.sigma, "standard deviation, 1 being full range"),
    .optional("clip", \.clip, "whether results are clamped to the range"))

  public func validate() throws { try AddGaussianNoise.validate(mean: mean, sigma: sigma, clip: clip) }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let operation = AddGaussianNoise(mean: mean, sigma: sigma, clip: clip, key: random.split().key)
    _ = try operation.output(for: picture)
    return [operation]
  }
}
