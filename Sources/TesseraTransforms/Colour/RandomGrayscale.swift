public import TesseraCore

/// Turns a picture gray, by chance; the number of channels stays.
///
/// - Shape: unchanged; L (nothing to do) or RGB. Draws `grayscale(num_output_channels: 3)`.
public struct RandomGrayscale: RandomTransform, ImageTransform {
  public var probability: Double

  /// - Parameter probability: 0...1.
  public init(probability: Double = 0.1) {
    self.probability = probability
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_grayscale", .colour, "Turns a picture gray, by chance, keeping its channels.",
    prototype: RandomGrayscale(),
    .optional("probability", \.probability, "chance to do it, 0 to 1"))

  public func validate() throws { try Chance.validate(probability) }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    _ = try picture.checked(.opaque, for: Self.schema.name)
    guard random.bernoulli(probability), picture.format == .rgb else { return [] }
    return [Grayscale(outputChannels: 3)]
  }
}
