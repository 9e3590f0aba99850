public import TesseraCore

/// Turns, shifts, scales and shears a picture by random amounts; the size stays.
public struct RandomAffine: ImageTransform, RandomTransform {
  /// Degrees, clockwise.
  public var degrees: AngleRange
  /// The largest shift each way, as shares of width and height (0...1 each); nil for none. Whole pixels are drawn.
  public var translate: [Double]?
  /// How many times as large; nil for 1.
  public var scale: ClosedRange<Double>?
  /// Nil for none.
  public var shear: ShearRange?
  /// Nearest, bilinear or bicubic.
  public var filter: ResampleFilter
  public var fill: Fill
  /// The point around which all happens, in pixels; nil for the middle.
  public var center: Point?

  public init(
    degrees: ClosedRange<Double>, translate: [Double]? = nil, scale: ClosedRange<Double>? = nil,
    shear: ShearRange? = nil, filter: ResampleFilter = .nearest, fill: Fill = .zero, center: Point? = nil
  ) {
    self.degrees = AngleRange(degrees)
    self.translate = translate
    self.scale = scale
    self.shear = shear
    self.filter = filter
    self.fill = fill
    self.center = center
    _ = checked()
  }

  /// Between −`degrees` and `degrees`.
  public init(
    degrees: Double, translate: [Double]? = nil, scale: ClosedRange<Double>? = nil, shear: ShearRange? = nil,
    filter: ResampleFilter = .nearest, fill: Fill = .zero, center: Point? = nil
  ) {
    self.init(
      degrees: -abs(degrees)...abs(degrees), translate: translate, scale: scale, shear: shear, filter: filter,
      fill: fill, center: center)
  }

  public static let schema = TransformSchema(
    "random_affine", .geometry, "Turns, shifts, scales and shears a picture by random amounts.",
    prototype: RandomAffine(degrees: 0),
    .required("degrees", \.degrees, "the angles, clockwise"),
    .optional("translate", \.translate, "largest shift, as shares of width and height"),
    .optional("scale", \.scale, "how many times as large"),
    .optional("shear", \.shear, "shear angles"),
    .optional("filter", \.filter, "nearest, bilinear or bicubic"),
    .optional("fill", \.fill, "colour outside"),
    .optional("center", \.center, "the point that stays; none for the middle"))

  public func validate() throws {
    let bounds = [degrees.range, shear?.x, shear?.y].compactMap { $0 }
    try Check.argument(
      bounds.allSatisfy { abs($0.lowerBound) <= 1e6 && abs($0.upperBound) <= 1e6 }, "degrees", "within ±1e6",
      degrees.range)
    if let translate {
      try Check.argument(
        translate.count == 2 && translate.allSatisfy { (0...1).contains($0) }, "translate",
        "two shares in 0...1",
        translate)
    }
    if let scale {
      try Check.argument(scale.lowerBound > 0 && scale.upperBound.isFinite, "scale", "over 0", scale)
    }
    try Check.place(center, "center")
    try PlaneMap.validate(filter, allowed: [.nearest, .bilinear, .bicubic])
    try fill.validate()
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let angle = random.uniform(degrees.range)
    var shift = Point(x: 0, y: 0)
    if let translate {
      let most = (translate[0] * Double(picture.size.width), translate[1] * Double(picture.size.height))
      shift.x = random.uniform(-most.0...most.0).rounded(.toNearestOrEven)
      shift.y = random.uniform(-most.1...most.1).rounded(.toNearestOrEven)
    }
    let scale = scale.map { random.uniform($0) } ?? 1
    let shear = Point(
      x: self.shear.map { random.uniform($0.x) } ?? 0, y: self.shear?.y.map { random.uniform($0) } ?? 0)
    if angle == 0, shift == Point(x: 0, y: 0), scale == 1, shear == Point(x: 0, y: 0) { return [] }
    return [
      Affine(
        angle: angle, translate: shift, scale: scale, shear: shear, filter: filter, fill: fill, center: center
      )
    ]
  }
}
