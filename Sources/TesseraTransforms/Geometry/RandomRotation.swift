public import TesseraCore

/// Turns a picture by a random angle.
public struct RandomRotation: ImageTransform, RandomTransform {
  /// Degrees, counter-clockwise; each angle in the range is equally likely.
  public var degrees: AngleRange
  /// Nearest, bilinear or bicubic.
  public var filter: ResampleFilter
  /// Whether the output grows to hold the whole turned picture.
  public var expand: Bool
  /// The point that stays, in pixels; nil for the middle.
  public var center: Point?
  public var fill: Fill

  public init(
    degrees: ClosedRange<Double>, filter: ResampleFilter = .nearest, expand: Bool = false,
    center: Point? = nil, fill: Fill = .zero
  ) {
    self.degrees = AngleRange(degrees)
    self.filter = filter
    self.expand = expand
    self.center = center
    self.fill = fill
    _ = checked()
  }

  /// Between −`degrees` and `degrees`.
  public init(
    degrees: Double, filter: ResampleFilter = .nearest, expand: Bool = false, center: Point? = nil,
    fill: Fill = .zero
  ) {
    self.init(
      degrees: -abs(degrees)...abs(degrees), filter: filter, expand: expand, center: center, fill: fill)
  }

  public static let schema = TransformSchema(
    "random_rotation", .geometry, "Turns a picture by a random angle.", prototype: RandomRotation(degrees: 0),
    .required("degrees", \.degrees, "the angles, counter-clockwise"),
    .optional("filter", \.filter, "nearest, bilinear or bicubic"),
    .optional("expand", \.expand, "whether the output grows to hold all"),
    .optional("center", \.center, "the point that stays; none for the middle"),
    .optional("fill", \.fill, "colour outside"))

  public func validate() throws {
    let bounds = degrees.range
    try Check.argument(
      abs(bounds.lowerBound) <= 1e6 && abs(bounds.upperBound) <= 1e6, "degrees", "within ±1e6", bounds)
    try Check.place(center, "center")
    try PlaneMap.validate(filter, allowed: [.nearest, .bilinear, .bicubic])
    try fill.validate()
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let angle = random.uniform(degrees.range)
    return angle == 0 ? [] : [Rotate(angle, filter: filter, expand: expand, center: center, fill: fill)]
  }
}
