public import TesseraCore

/// Adds normal noise of a fixed key: the same noise every time. See `GaussianNoise` for units.
///
/// Several views of one picture get the same noise while they are pictures, and each its own once they are one tensor.
/// - Shape: unchanged; pictures of mode L, LA, RGB or RGBA, tensors of any shape.
public struct AddGaussianNoise: ImageOperation, TensorOperation {
  /// Mean of the noise, 1 being full range.
  public var mean: Double
  /// Standard deviation, 1 being full range.
  public var sigma: Double
  /// Whether results are clamped to the range.
  public var clip: Bool
  /// What all random numbers are a function of.
  public var key: RandomStream.Key

  /// - Parameters:
  ///   - mean: mean of the noise, 1 being full range.
  ///   - sigma: standard deviation, 1 being full range.
  ///   - clip: whether results are clamped to the range.
  ///   - key: what all random numbers are a function of.
  public init(mean: Double, sigma: Double, clip: Bool, key: RandomStream.Key) {
    self.mean = mean
    self.sigma = sigma
    self.clip = clip
    self.key = key
    _ = checked()
  }

  public static let schema = TransformSchema(
    "add_gaussian_noise", .operation, "Adds the normal noise of a key.",
    prototype: AddGaussianNoise(mean: 0, sigma: 0.1, clip: true, key: RandomStream(seed: 0).key),
    .required("mean", \.mean, "mean of the noise, 1 being full range"),
    .required("sigma", \.sigma, "standard deviation, 1 being full range"),
    .required("clip", \.clip, "whether results are clamped to the range"),
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
    let (offset, scale) = (Float(mean * 255), Float(sigma * 255))
    NoiseSource.normals(key, count: source.count) { first, normals in
      for i in 0..<normals.count {
        // Far beyond what int16 holds nothing is left of a byte: bounded so that the conversion is defined.
        let noise = Int32(min(max(offset + Float(normals[i]) * scale, -32000), 32000))
        let sum = Int32(source[first + i]) + noise
        target[first + i] = clip ? UInt8(min(max(sum, 0), 255)) : UInt8(truncatingIfNeeded: sum)
      }
    }
  }

  private func reals(_ source: UnsafeBufferPointer<Float>, _ target: UnsafeMutableBufferPointer<Float>) {
    let (offset, scale) = (Float(mean), Float(sigma))
    NoiseSource.normals(key, count: source.count) { first, normals in
      for i in 0..<normals.count {
        let value = source[first + i] + (offset + Float(normals[i]) * scale)
        target[first + i] = clip ? min(max(value, 0), 1) : value
      }
    }
  }
}
