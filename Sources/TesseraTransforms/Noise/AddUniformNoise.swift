public import TesseraCore

/// Adds noise that is equally likely everywhere in a range of a fixed key: the same noise every time. See `UniformNoise` for units.
///
/// Several views of one picture get the same noise while they are pictures, and each its own once they are one tensor.
/// - Shape: unchanged; pictures of mode L, LA, RGB or RGBA, tensors of any shape.
public struct AddUniformNoise: ImageOperation, TensorOperation {
  /// Least and greatest change, 1 being full range.
  public var range: ClosedRange<Double>
  /// Whether float results are clamped to 0...1.
  public var clip: Bool
  /// What all random numbers are a function of.
  public var key: RandomStream.Key

  /// - Parameters:
  ///   - range: least and greatest change, 1 being full range.
  ///   - clip: whether float results are clamped to 0...1.
  ///   - key: what all random numbers are a function of.
  public init(range: ClosedRange<Double>, clip: Bool, key: RandomStream.Key) {
    self.range = range
    self.clip = clip
    self.key = key
    _ = checked()
  }

  public static let schema = TransformSchema(
    "add_uniform_noise", .operation, "Adds the uniform noise of a key.",
    prototype: AddUniformNoise(range: -0.1...0.1, clip: true, key: RandomStream(seed: 0).key),
    .required("range", \.range, "least and greatest change, 1 being full range"),
    .required("clip", \.clip, "whether float results are clamped to 0...1"),
    .required("key", \.key, "what the noise is a function of"))

  public func validate() throws { try Self.validate(range: range, clip: clip) }

  static func validate(range: ClosedRange<Double>, clip: Bool) throws {
    guard range.lowerBound.isFinite, range.upperBound.isFinite else {
      throw TesseraError(.invalidArgument(name: "range", expected: "a finite range", got: "\(range)"))
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
    let (low, width) = (range.lowerBound * 255, (range.upperBound - range.lowerBound) * 255)
    NoiseSource.words(key, count: source.count) { first, words in
      for i in 0..<words.count {
        let noise = low + width * ((Double(words[i]) + 0.5) * 0x1p-32)
        target[first + i] = Noise.level(Double(source[first + i]) + noise)
      }
    }
  }

  private func reals(_ source: UnsafeBufferPointer<Float>, _ target: UnsafeMutableBufferPointer<Float>) {
    let (low, width) = (range.lowerBound, range.upperBound - range.lowerBound)
    NoiseSource.words(key, count: source.count) { first, words in
      for i in 0..<words.count {
        let value = source[first + i] + Float(low + width * ((Double(words[i]) + 0.5) * 0x1p-32))
        target[first + i] = clip ? min(max(value, 0), 1) : value
      }
    }
  }
}
