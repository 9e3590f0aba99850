public import TesseraCore

/// Looks at a picture from a random side, by chance: each corner moves inwards by whole pixels.
///
/// A picture of one row or column has no four corners and stays as it is.
public struct RandomPerspective: ImageTransform, RandomTransform {
  /// How far the corners may move, as a share of half the width and height, 0...1.
  public var distortionScale: Double
  /// How often, 0...1.
  public var probability: Double
  /// Nearest, bilinear or bicubic.
  public var filter: ResampleFilter
  public var fill: Fill

  public init(
    distortionScale: Double = 0.5, probability: Double = 0.5, filter: ResampleFilter = .bilinear,
    fill: Fill = .zero
  ) {
    self.distortionScale = distortionScale
    self.probability = probability
    self.filter = filter
    self.fill = fill
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_perspective", .geometry, "Looks at a picture from a random side.", prototype: RandomPerspective(),
    .optional("distortion_scale", \.distortionScale, "how far the corners may move, 0 to 1"),
    .optional("probability", \.probability, "how often, 0 to 1"),
    .optional("filter", \.filter, "nearest, bilinear or bicubic"),
    .optional("fill", \.fill, "colour outside"))

  public func validate() throws {
    try Check.probability(distortionScale, name: "distortion_scale")
    try Check.probability(probability)
    try PlaneMap.validate(filter, allowed: [.nearest, .bilinear, .bicubic])
    try fill.validate()
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    guard random.bernoulli(probability) else { return [] }
    let (w, h) = (picture.size.width, picture.size.height)
    let most = (x: Int(distortionScale * Double(w / 2)), y: Int(distortionScale * Double(h / 2)))
    // As torchvision: 0...most from the near edge, and most + 1 places up to the far one.
    func near(_ most: Int) -> Double { Double(random.integer(in: 0...most)) }
    func far(_ side: Int, _ most: Int) -> Double {
      Double(random.integer(in: (side - most - 1)...(side - 1)))
    }
    let end = [
      Point(x: near(most.x), y: near(most.y)), Point(x: far(w, most.x), y: near(most.y)),
      Point(x: far(w, most.x), y: far(h, most.y)), Point(x: near(most.x), y: far(h, most.y)),
    ]
    let (right, bottom) = (Double(w - 1), Double(h - 1))
    let start = [
      Point(x: 0, y: 0), Point(x: right, y: 0), Point(x: right, y: bottom), Point(x: 0, y: bottom),
    ]
    guard start != end, let coefficients = Perspective.coefficients(from: start, to: end) else { return [] }
    return [Perspective(coefficients: coefficients, filter: filter, fill: fill)]
  }
}
