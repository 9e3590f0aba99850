public import TesseraCore

/// Adds noise that is equally likely everywhere in a range.
///
/// - Units: the range is in shares of the full range: −0.1...0.1 is up to 25.5 levels on bytes. Bytes are rounded half
///   up and clamped; float results are clipped to 0...1 by `clip`.
/// Draws `add_uniform_noise` with a fresh key.
/// - Shape: unchanged; pictures of mode L, LA, RGB or RGBA, tensors of any shape.
public struct UniformNoise: RandomTransform, ImageTransform, TensorTransform {
  /// Least and greatest change, 1 being full range.
  public var range: ClosedRange<Double>
  /// Whether float results are clamped to 0...1.
  public var clip: Bool

  /// - Parameters:
  ///   - range: least and greatest change, 1 being full range.
  ///   - clip: whether float results are clamped to 0...1.
  public init(range: ClosedRange<Double> = -0.1...0.1, clip: Bool = true) {
    self.range = range
    self.clip = clip
    _ = checked()
  }

  public static let schema = TransformSchema(
    "uniform_noise", .noise, "Adds noise that is equally likely everywhere in a range.",
    prototype: UniformNoise(),
    .optional("range", \.range, "least and greatest change, 1 being full range"),
    .optional("clip", \.clip, "whether float results are clamped to 0...1"))

  public func validate() throws { try AddUniformNoise.validate(range: range, clip: clip) }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let operation = AddUniformNoise(range: range, clip: clip, key: random.split().key)
    _ = try operation.output(for: picture)
    return [operation]
  }
}
