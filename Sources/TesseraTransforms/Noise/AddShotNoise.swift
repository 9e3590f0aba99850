public import TesseraCore

/// Counts photons: each value becomes a Poisson number with its own mean of a fixed key: the same noise every time. See `ShotNoise` for units.
///
/// Several views of one picture get the same noise while they are pictures, and each its own once they are one tensor.
/// - Shape: unchanged; pictures of mode L, LA, RGB or RGBA, tensors of any shape.
public struct AddShotNoise: ImageOperation, TensorOperation {
  /// Mean count at full range.
  public var photons: Double
  /// Whether float results are cut off at 1.
  public var clip: Bool
  /// What all random numbers are a function of.
  public var key: RandomStream.Key

  /// - Parameters:
  ///   - photons: mean count at full range.
  ///   - clip: whether float results are cut off at 1.
  ///   - key: what all random numbers are a function of.
  public init(photons: Double, clip: Bool, key: RandomStream.Key) {
    self.photons = photons
    self.clip = clip
    self.key = key
    _ = checked()
  }

  public static let schema = TransformSchema(
    "add_shot_noise", .operation, "Counts photons with the noise of a key.",
    prototype: AddShotNoise(photons: 60, clip: true, key: RandomStream(seed: 0).key),
    .required("photons", \.photons, "mean count at full range"),
    .required("clip", \.clip, "whether float results are cut off at 1"),
    .required("key", \.key, "what the noise is a function of"))

  public func validate() throws { try Self.validate(photons: photons, clip: clip) }

  static func validate(photons: Double, clip: Bool) throws {
    guard (1e-3...1e6).contains(photons) else {
      throw TesseraError(
        .invalidArgument(name: "photons", expected: "between 0.001 and 1000000", got: "\(photons)"))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try Noise.check(picture, operation: Self.schema.name)
  }

  public func apply(to image: Image) throws -> Image {
    try Noise.image(image, operation: Self.schema.name, byte: bytes)
  }

  public func apply(to tensor: AnyTensor) throws -> AnyTensor {
    try Noise.tensor(tensor, operation: Self.schema.name, byte: bytes, real: reals)
  }

  private func bytes(_ source: UnsafeBufferPointer<UInt8>, _ target: UnsafeMutableBufferPointer<UInt8>) {
    NoiseSource.countedPhotons(key, of: source, photons: photons, into: target)
  }

  private func reals(_ source: UnsafeBufferPointer<Float>, _ target: UnsafeMutableBufferPointer<Float>) {
    // Beyond the greatest mean that is counted one by one there is no noise to see; NaN counts as 0.
    NoiseSource.poisson(
      key, count: source.count, mean: { source[$0] > 0 ? min(Double(source[$0]) * photons, 1e6) : 0 },
      { first, counts in
        for i in 0..<counts.count {
          let value = Float(counts[i] / photons)
          target[first + i] = clip ? min(value, 1) : value
        }
      })
  }
}
