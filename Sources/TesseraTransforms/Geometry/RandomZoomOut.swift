public import TesseraCore

/// Puts a picture at a random place of a larger canvas, by chance.
///
/// - Shape: `[H, W, C]` → `[⌊r·H⌋, ⌊r·W⌋, C]` with r uniform in `sideRange`.
public struct RandomZoomOut: ImageTransform, RandomTransform {
  public var fill: Fill
  /// How many times as wide and high the canvas may be, at least 1.
  public var sideRange: ClosedRange<Double>
  /// How often, 0...1.
  public var probability: Double

  public init(fill: Fill = .zero, sideRange: ClosedRange<Double> = 1...4, probability: Double = 0.5) {
    self.fill = fill
    self.sideRange = sideRange
    self.probability = probability
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_zoom_out", .geometry, "Puts a picture at a random place of a larger canvas.",
    prototype: RandomZoomOut(),
    .optional("fill", \.fill, "colour of the canvas"),
    .optional("side_range", \.sideRange, "how many times as wide and high the canvas is"),
    .optional("probability", \.probability, "how often, 0 to 1"))

  public func validate() throws {
    try fill.validate()
    try Check.argument(
      sideRange.lowerBound >= 1 && sideRange.upperBound <= 1e6, "side_range", "in 1...1e6",
      sideRange)
    try Check.probability(probability)
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    guard random.bernoulli(probability) else { return [] }
    let side = random.uniform(sideRange)
    let extra = (
      x: Int(Double(picture.size.width) * side) - picture.size.width,
      y: Int(Double(picture.size.height) * side) - picture.size.height
    )
    let left = Int(Double(extra.x) * random.uniform())
    let top = Int(Double(extra.y) * random.uniform())
    let padding = EdgeInsets(left: left, top: top, right: extra.x - left, bottom: extra.y - top)
    return padding.isZero ? [] : [try Pad.drawn(padding, fill: fill, paddingMode: .constant)]
  }
}
