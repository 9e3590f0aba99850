public import TesseraCore

/// Distorts a picture as if it were printed on rubber; the size stays.
///
/// The displacements come from `key` alone, so the operation replays. Pixels follow torchvision's `elastic` (a float32
/// grid sample; where both round, one level may differ). Boxes follow its approximation of the inverse: each corner,
/// rounded up to a pixel, moves against that pixel's displacement. Keypoints do so too, but keep their fraction.
///
/// - Shape: `[H, W, C]` → the same.
/// - Complexity: O(*H·W·σ*).
public struct Elastic: GeometricOperation {
  /// What the noise is made from.
  public var key: RandomStream.Key
  /// The strength along x and y (one number for both): noise of 1 moves alpha / 2 pixels before smoothing.
  public var alpha: [Double]
  /// The standard deviations of the smoothing along x and y, in pixels (one number for both); 0 for none.
  public var sigma: [Double]
  /// Nearest or bilinear.
  public var filter: ResampleFilter
  public var fill: Fill

  public init(
    key: RandomStream.Key, alpha: [Double] = [50], sigma: [Double] = [5], filter: ResampleFilter = .bilinear,
    fill: Fill = .zero
  ) {
    self.key = key
    self.alpha = alpha
    self.sigma = sigma
    self.filter = filter
    self.fill = fill
    _ = checked()
  }

  public static let schema = TransformSchema(
    "elastic", .operation, "Distorts a picture as if it were on rubber.",
    prototype: Elastic(key: RandomStream(seed: 0).key),
    .required("key", \.key, "what the noise is made from"),
    .optional("alpha", \.alpha, "strength, along x and y"),
    .optional("sigma", \.sigma, "smoothness, along x and y"),
    .optional("filter", \.filter, "nearest or bilinear"),
    .optional("fill", \.fill, "colour outside"))

  public func validate() throws { try Self.validate(alpha, sigma, filter, fill) }

  static func validate(_ alpha: [Double], _ sigma: [Double], _ filter: ResampleFilter, _ fill: Fill) throws {
    try Check.argument(
      (1...2).contains(alpha.count) && alpha.allSatisfy { abs($0) <= 1e6 }, "alpha",
      "one or two numbers within ±1e6", alpha)
    try Check.argument(
      (1...2).contains(sigma.count) && sigma.allSatisfy { (0...1000).contains($0) }
        && (sigma.allSatisfy { $0 == 0 } || sigma.allSatisfy { $0 > 0 }), "sigma",
      "one or two numbers in 0...1000, both 0 or neither", sigma)
    try PlaneMap.validate(filter, allowed: [.nearest, .bilinear])
    try fill.validate()
  }

  private var strengths: (x: Double, y: Double) { (alpha[0], alpha[alpha.count - 1]) }
  private var deviations: (x: Double, y: Double) { (sigma[0], sigma[sigma.count - 1]) }

  /// The displacements of a picture of `size`.
  func field(for size: Size) -> DisplacementField {
    DisplacementField(size: size, key: key, alpha: strengths, sigma: deviations)
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try PlaneMap.check(picture, filter, fill, "elastic")
    return picture
  }

  public func apply(to image: Image) throws -> Image {
    try PlaneMap.check(PictureInfo(size: image.size, format: image.format), filter, fill, "elastic")
    return field(for: image.size)
      .apply(to: image, filter: filter, fill: try fill.pixel(for: image.format))
  }

  public func apply(toMask mask: Image) throws -> Image {
    field(for: mask.size)
      .apply(to: mask, filter: .nearest, fill: Array(repeating: 0, count: mask.format.bytesPerPixel))
  }

  public func move(_ point: Point, in picture: PictureInfo) -> Point {
    DisplacementField.move(point, in: picture.size, by: displacement(picture.size))
  }

  public func move(_ box: BoundingBox, in picture: PictureInfo) -> BoundingBox {
    DisplacementField.move(box, in: picture.size, by: displacement(picture.size))
  }

  /// The displacement of single pixels, without the whole field.
  private func displacement(_ size: Size) -> (Int, Int) -> Point {
    { x, y in DisplacementField.at(x: x, y: y, size: size, key: key, alpha: strengths, sigma: deviations) }
  }
}
