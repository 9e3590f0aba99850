public import TesseraCore

/// Looks at a picture from another side: a projective map of the plane; the size stays.
///
/// Pixels are Pillow's `Image.transform(PERSPECTIVE)` to the bit. Boxes and keypoints go through the inverse map.
///
/// - Shape: `[H, W, C]` → the same.
public struct Perspective: GeometricOperation {
  /// Eight numbers a…h: output (x, y) is read at ((ax + by + c) / (gx + hy + 1), (dx + ey + f) / (gx + hy + 1)).
  public var coefficients: [Double]
  /// Nearest, bilinear or bicubic.
  public var filter: ResampleFilter
  public var fill: Fill

  public init(coefficients: [Double], filter: ResampleFilter = .bilinear, fill: Fill = .zero) {
    self.coefficients = coefficients
    self.filter = filter
    self.fill = fill
    _ = checked()
  }

  /// The map that takes four corners of the picture to four places: top left, top right, bottom right, bottom left.
  ///
  /// - Throws: `invalidArgument` if no such map exists (three of the places on one line).
  public init(
    from start: [Point], to end: [Point], filter: ResampleFilter = .bilinear, fill: Fill = .zero
  ) throws {
    precondition(start.count == 4 && end.count == 4, "Perspective needs four points and four places")
    guard let coefficients = Self.coefficients(from: start, to: end) else {
      throw TesseraError(
        .invalidArgument(name: "perspective", expected: "four corners of a quadrilateral", got: "\(end)"))
    }
    self.init(coefficients: coefficients, filter: filter, fill: fill)
  }

  public static let schema = TransformSchema(
    "perspective", .operation, "Looks at a picture from another side.",
    prototype: Perspective(coefficients: [1, 0, 0, 0, 1, 0, 0, 0]),
    .required("coefficients", \.coefficients, "the map's eight numbers, output to input"),
    .optional("filter", \.filter, "nearest, bilinear or bicubic"),
    .optional("fill", \.fill, "colour outside"))

  public func validate() throws {
    try Check.argument(
      coefficients.count == 8 && coefficients.allSatisfy(\.isFinite), "coefficients", "eight finite numbers",
      coefficients)
    try PlaneMap.validate(filter, allowed: [.nearest, .bilinear, .bicubic])
    try fill.validate()
  }

  /// Solves the eight equations in doubles and rounds to float32, as torchvision does; nil if they have no solution.
  static func coefficients(from start: [Point], to end: [Point]) -> [Double]? {
    var rows: [[Double]] = []
    for (s, e) in zip(start, end) {
      rows.append([e.x, e.y, 1, 0, 0, 0, -s.x * e.x, -s.x * e.y, s.x])
      rows.append([0, 0, 0, e.x, e.y, 1, -s.y * e.x, -s.y * e.y, s.y])
    }
    for k in 0..<8 {
      let pivot = (k..<8).max { abs(rows[$0][k]) < abs(rows[$1][k]) }!
      guard abs(rows[pivot][k]) > 1e-9 else { return nil }
      rows.swapAt(k, pivot)
      for i in (k + 1)..<8 {
        let factor = rows[i][k] / rows[k][k]
        for j in k...8 { rows[i][j] -= factor * rows[k][j] }
      }
    }
    var solution = [Double](repeating: 0, count: 8)
    for k in stride(from: 7, through: 0, by: -1) {
      var sum = rows[k][8]
      for j in (k + 1)..<8 { sum -= rows[k][j] * solution[j] }
      solution[k] = sum / rows[k][k]
    }
    let rounded = solution.map { Double(Float($0)) }
    return rounded.allSatisfy(\.isFinite) ? rounded : nil
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try PlaneMap.check(picture, filter, fill, "perspective")
    return picture
  }

  public func apply(to image: Image) throws -> Image {
    try PlaneMap.check(PictureInfo(size: image.size, format: image.format), filter, fill, "perspective")
    return PlaneMap.perspective(coefficients)
      .apply(to: image, size: image.size, filter: filter, fill: try fill.pixel(for: image.format))
  }

  public func apply(toMask mask: Image) throws -> Image {
    PlaneMap.perspective(coefficients)
      .apply(
        to: mask, size: mask.size, filter: .nearest,
        fill: Array(repeating: 0, count: mask.format.bytesPerPixel))
  }

  /// The point through the inverse of the map. A map that cannot be inverted gives infinities or NaN.
  public func move(_ point: Point, in picture: PictureInfo) -> Point {
    let c = coefficients
    let (x, y) = (point.x, point.y)
    // The adjugate of [a b c; d e f; g h 1]; its scale cancels.
    let u = (c[4] - c[5] * c[7]) * x + (c[2] * c[7] - c[1]) * y + (c[1] * c[5] - c[2] * c[4])
    let v = (c[5] * c[6] - c[3]) * x + (c[0] - c[2] * c[6]) * y + (c[2] * c[3] - c[0] * c[5])
    let w = (c[3] * c[7] - c[4] * c[6]) * x + (c[1] * c[6] - c[0] * c[7]) * y + (c[0] * c[4] - c[1] * c[3])
    return Point(x: u / w, y: v / w)
  }
}
