public import TesseraCore

/// Changes brightness, contrast, saturation and hue by random amounts, in random order.
///
/// Draws up to four of `adjust_brightness`, `adjust_contrast`, `adjust_saturation` and `adjust_hue`; those left
/// out (or with no room to move) are not drawn. Semantics of torchvision's `ColorJitter` on PIL pictures.
/// - Shape: unchanged; L, LA, RGB or RGBA (see `AdjustHue` for what hue does to alpha).
public struct ColorJitter: RandomTransform, ImageTransform {
  /// Factors: an amount `b` draws from max(0, 1 − b)...1 + b.
  public var brightness: JitterAmount?
  /// Factors, as `brightness`.
  public var contrast: JitterAmount?
  /// Factors, as `brightness`.
  public var saturation: JitterAmount?
  /// Turns: an amount `h` ≤ 0.5 draws from −h...h.
  public var hue: JitterAmount?

  /// - Parameters:
  ///   - brightness: amount or range of factors; nil leaves it.
  ///   - contrast: amount or range of factors; nil leaves it.
  ///   - saturation: amount or range of factors; nil leaves it.
  ///   - hue: amount or range of turns within −0.5...0.5; nil leaves it.
  public init(
    brightness: JitterAmount? = nil, contrast: JitterAmount? = nil, saturation: JitterAmount? = nil,
    hue: JitterAmount? = nil
  ) {
    (self.brightness, self.contrast, self.saturation, self.hue) = (brightness, contrast, saturation, hue)
    _ = checked()
  }

  public static let schema = TransformSchema(
    "color_jitter", .colour, "Changes brightness, contrast, saturation and hue, in random order.",
    prototype: ColorJitter(),
    .optional("brightness", \.brightness, "amount around 1, or range of factors"),
    .optional("contrast", \.contrast, "amount around 1, or range of factors"),
    .optional("saturation", \.saturation, "amount around 1, or range of factors"),
    .optional("hue", \.hue, "amount around 0, or range of turns, within -0.5 to 0.5"))

  public func validate() throws { _ = try ranges() }

  private func ranges() throws -> [ClosedRange<Double>?] {
    let factors = 0...Double.infinity
    return [
      try brightness?.range(named: "brightness", neutral: 1, in: factors),
      try contrast?.range(named: "contrast", neutral: 1, in: factors),
      try saturation?.range(named: "saturation", neutral: 1, in: factors),
      try hue?.range(named: "hue", neutral: 0, in: -0.5...0.5),
    ]
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    _ = try picture.checked(.eightBit, for: Self.schema.name)
    let ranges = try ranges()
    let order = random.permutation(4)
    let values = ranges.map { range in range.map { random.uniform($0) } }
    return order.compactMap { index -> (any Operation)? in
      guard let value = values[index] else { return nil }
      switch index {
      case 0: return AdjustBrightness(factor: value)
      case 1: return AdjustContrast(factor: value)
      case 2: return AdjustSaturation(factor: value)
      default: return AdjustHue(shift: value)
      }
    }
  }
}
