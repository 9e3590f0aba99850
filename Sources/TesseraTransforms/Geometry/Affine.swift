public import TesseraCore

/// Turns, shifts, scales and shears a picture around its middle or another point; the size stays.
///
/// The matrix is torchvision's, with sines rounded once (`Turn`: libm's but for a rare last bit);
/// the pixels are Pillow's `Image.transform(AFFINE)` to the bit of that matrix.
///
/// - Shape: `[H, W, C]` → the same.
public struct Affine: GeometricOperation {
  /// Degrees, clockwise (as torchvision's `affine`; its `rotate` turns the other way).
  public var angle: Double
  /// The shift to the right and down, in pixels.
  public var translate: Point
  /// How many times as large, over 0.
  public var scale: Double
  /// Degrees along x and y.
  public var shear: Point
  /// Nearest, bilinear or bicubic.
  public var filter: ResampleFilter
  public var fill: Fill
  /// The point around which all happens, in pixels; nil for the middle.
  public var center: Point?

  public init(
    angle: Double, translate: Point = Point(x: 0, y: 0), scale: Double = 1, shear: Point = Point(x: 0, y: 0),
    filter: ResampleFilter = .nearest, fill: Fill = .zero, center: Point? = nil
  ) {
    self.angle = angle
    self.translate = translate
    self.scale = scale
    self.shear = shear
    self.filter = filter
    self.fill = fill
    self.center = center
    _ = checked()
  }

  public static let schema = TransformSchema(
    "affine", .operation, "Turns, shifts, scales and shears a picture.", prototype: Affine(angle: 0),
    .required("angle", \.angle, "degrees, clockwise"),
    .optional("translate", \.translate, "shift right and down, in pixels"),
    .optional("scale", \.scale, "how many times as large"),
    .optional("shear", \.shear, "degrees along x and y"),
    .optional("filter", \.filter, "nearest, bilinear or bicubic"),
    .optional("fill", \.fill, "colour outside"),
    .optional("center", \.center, "the point that stays; none for the middle"))

  public func validate() throws {
    try Check.argument(abs(angle) <= 1e6, "angle", "within ±1e6 degrees", angle)
    try Check.argument(scale > 0 && scale.isFinite, "scale", "over 0", scale)
    try Check.argument(abs(shear.x) <= 1e6 && abs(shear.y) <= 1e6, "shear", "within ±1e6 degrees", shear)
    try Check.place(translate, "translate")
    try Check.place(center, "center")
    try PlaneMap.validate(filter, allowed: [.nearest, .bilinear, .bicubic])
    try fill.validate()
  }

  private var motion: AffineMotion {
    AffineMotion(angle: angle, translate: translate, scale: scale, shear: shear)
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try PlaneMap.check(picture, filter, fill, "affine")
    return picture
  }

  public func apply(to image: Image) throws -> Image {
    let picture = PictureInfo(size: image.size, format: image.format)
    try PlaneMap.check(picture, filter, fill, "affine")
    return moved(image, filter, try fill.pixel(for: image.format))
  }

  public func apply(toMask mask: Image) throws -> Image {
    moved(mask, .nearest, Array(repeating: 0, count: mask.format.bytesPerPixel))
  }

  private func moved(_ image: Image, _ filter: ResampleFilter, _ fill: [UInt8]) -> Image {
    let center = center ?? PictureInfo(size: image.size, format: image.format).middle
    return PlaneMap.affine(motion.inverseMatrix(around: center))
      .apply(to: image, size: image.size, filter: filter, fill: fill)
  }

  public func move(_ point: Point, in picture: PictureInfo) -> Point {
    motion.forward(point, around: center ?? picture.middle)
  }
}
