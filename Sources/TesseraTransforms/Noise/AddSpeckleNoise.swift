public import TesseraCore

/// Adds normal noise in proportion to each value: `x + x · N(mean, sigma)` of a fixed key: the same noise every time. See `SpeckleNoise` for units.
///
/// Several views of one picture get the same noise while they are pictures, and each its own once they are one tensor.
/// - Shape: unchanged; pictures of mode L, LA, RGB or RGBA, tensors of any shape.
public struct AddSpeckleNoise: ImageOperation, TensorOperation {
  /// Mean of the factor's change.
  public var mean: Double
  /// Standard deviation of the factor's change.
  public var sigma: Double
  /// Whether float results are clamped to 0...1.
  public var clip: Bool
  /// What all random numbers are a function of.
  public var key: RandomStream.Key

  /// - Parameters:
  ///   - mean: mean of the factor's change.
  ///   - sigma: standard deviation of the factor's change.
  ///   - clip: whether float results are clamped to 0...1.
  ///   - key: what all random numbers are a function of.
  public init(mean: Double, sigma: Double, clip: Bool, key: RandomStream.Key) {
    self.mean = mean
    self.sigma = sigma
    self.clip = clip
    self.key = key
    _ = checked()
  }

  public static let schema = TransformSchema(
    "add_speckle_noise", .operation, "Adds the speckle noise of a key.",
    prototype: AddSpeckleNoise(mean: 0, sigma: 0.1, clip: true, key: RandomStream(seed: 0).key),
    .required("mean", \.mean, "mean of the factor's change"),
    .required("sigma", \.sigma, "standard deviation of the factor's change"),
    .required("clip", \.clip, "whether float results are clamped to 0...1"),
    .required("key", \.key, "what the noise is a function of"))

  public func validate() throws { try Self.validate(mean: mean, sigma: sigma, clip: clip) }

  static func validate(mean: Double, sigma: Double, clip: Bool) throws {
    try Noise.validate(mean: mean)
    try Noise.validate(sigma: sigma)
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
    NoiseSource.normals(key, count: source.count) { first, normals in
      for i in 0..<normals.count {
        let value = Double(source[first + i])
        target[first + i] = Noise.level(value + value * (mean + normals[i] * sigma))
      }
    }
  }

  private func reals(_ source: UnsafeBufferPointer<Float>, _ target: UnsafeMutableBufferPointer<Float>) {
    let (offset, scale) = (Float(mean), Float(sigma))
    NoiseSource.normals(key, count: source.count) { first, normals in
      for i in 0..<normals.count {
        let value = source[first + i] + source[first + i] * (offset + Float(normals[i]) * scale)
        target[first + i] = clip ? min(max(value, 0), 1) : value
      }
    }
  }
}
