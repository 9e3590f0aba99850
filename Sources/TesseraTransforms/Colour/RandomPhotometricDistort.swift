public import TesseraCore

/// Distorts colours as the SSD detector's training does: each step by chance, contrast early or late.
///
/// Order: brightness, contrast (half of the time), saturation, hue, contrast (the other half), channels.
/// Source: Liu et al., "SSD: Single Shot MultiBox Detector" (ECCV 2016), as torchvision's class of this name.
/// - Shape: unchanged; L, LA, RGB or RGBA.
public struct RandomPhotometricDistort: RandomTransform, ImageTransform {
  public var brightness: ClosedRange<Double>
  public var contrast: ClosedRange<Double>
  public var saturation: ClosedRange<Double>
  /// Turns within −0.5...0.5.
  public var hue: ClosedRange<Double>
  /// Of each of the five steps.
  public var probability: Double

  /// - Parameters:
  ///   - brightness: range of factors.
  ///   - contrast: range of factors.
  ///   - saturation: range of factors.
  ///   - hue: range of turns within −0.5...0.5.
  ///   - probability: of each step, 0...1.
  public init(
    brightness: ClosedRange<Double> = 0.875...1.125, contrast: ClosedRange<Double> = 0.5...1.5,
    saturation: ClosedRange<Double> = 0.5...1.5, hue: ClosedRange<Double> = -0.05...0.05,
    probability: Double = 0.5
  ) {
    (self.brightness, self.contrast, self.saturation, self.hue) = (brightness, contrast, saturation, hue)
    self.probability = probability
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_photometric_distort", .colour, "Distorts colours as the SSD detector's training does.",
    prototype: RandomPhotometricDistort(),
    .optional("brightness", \.brightness, "range of factors"),
    .optional("contrast", \.contrast, "range of factors"),
    .optional("saturation", \.saturation, "range of factors"),
    .optional("hue", \.hue, "range of turns, within -0.5 to 0.5"),
    .optional("probability", \.probability, "chance of each step, 0 to 1"))

  public func validate() throws {
    try Chance.validate(probability)
    for (name, range) in [("brightness", brightness), ("contrast", contrast), ("saturation", saturation)] {
      _ = try JitterAmount.range(range).range(named: name, neutral: 1, in: 0...Double.infinity)
    }
    _ = try JitterAmount.range(hue).range(named: "hue", neutral: 0, in: -0.5...0.5)
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    _ = try picture.checked(.eightBit, for: Self.schema.name)
    let values = [brightness, contrast, saturation, hue].map { range in
      random.bernoulli(probability) ? random.uniform(range) : nil
    }
    let contrastFirst = random.bernoulli(0.5)
    let permutes = random.bernoulli(probability)
    let order = random.permutation(picture.format.channels)
    let adjustContrast = values[1].map { AdjustContrast(factor: $0) }

    var operations: [any Operation] = []
    if let factor = values[0] { operations.append(AdjustBrightness(factor: factor)) }
    if let adjustContrast, contrastFirst { operations.append(adjustContrast) }
    if let factor = values[2] { operations.append(AdjustSaturation(factor: factor)) }
    if let shift = values[3] { operations.append(AdjustHue(shift: shift)) }
    if let adjustContrast, !contrastFirst { operations.append(adjustContrast) }
    if permutes, order != order.sorted() { operations.append(PermuteChannels(order: order)) }
    return operations
  }
}
