public import TesseraCore

/// Counts photons: each value becomes a Poisson number with its own mean.
///
/// A value `x` (1 being full range) becomes `P / photons`, where `P` is Poisson with mean `x · photons`: the mean stays,
/// the variance is `x / photons`. Fewer photons are more noise.
/// - Units: `photons` is the mean count at full range, 10⁻³...10⁶. Bytes are rounded half up and clamped; negative
///   floats count as 0, float results are cut off at 1 by `clip`.
/// - Complexity: O(*elements · √photons*).
/// Draws `add_shot_noise` with a fresh key.
/// - Shape: unchanged; pictures of mode L, LA, RGB or RGBA, tensors of any shape.
public struct ShotNoise: RandomTransform, ImageTransform, TensorTransform {
  /// Mean count at full range.
  public var photons: Double
  /// Whether float results are cut off at 1.
  public var clip: Bool

  /// - Parameters:
  ///   - photons: mean count at full range.
  ///   - clip: whether float results are cut off at 1.
  public init(photons: Double = 60, clip: Bool = true) {
    self.photons = photons
    self.clip = clip
    _ = checked()
  }

  public static let schema = TransformSchema(
    "shot_noise", .noise, "Counts photons: Poisson noise.", prototype: ShotNoise(),
    .optional("photons", \.photons, "mean count at full range"),
    .optional("clip", \.clip, "whether float results are cut off at 1"))

  public func validate() throws { try AddShotNoise.validate(photons: photons, clip: clip) }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let operation = AddShotNoise(photons: photons, clip: clip, key: random.split().key)
    _ = try operation.output(for: picture)
    return [operation]
  }
}
