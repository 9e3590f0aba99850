import TesseraCore

/// A rotation, scaling, shear and shift around a point, as torchvision composes them:
/// T · C · R(angle) · S(scale) · Shear_y · Shear_x · C⁻¹ (`_get_inverse_affine_matrix`).
struct AffineMotion {
  /// Rotation and shear alone.
  private let a, b, c, d: Double
  private let scale: Double
  private let translate: Point

  /// - Parameters:
  ///   - angle: degrees, clockwise.
  ///   - shear: degrees along x and y.
  init(
    angle: Double, translate: Point = Point(x: 0, y: 0), scale: Double = 1, shear: Point = Point(x: 0, y: 0)
  ) {
    let rotation = Turn.radians(angle)
    let shearY = Turn.radians(shear.y)
    let tanX = Turn.values(Turn.radians(shear.x)).tan
    let cosY = Turn.values(shearY).cos
    let (sinR, cosR, _) = Turn.values(rotation)
    let (sinRY, cosRY, _) = Turn.values(rotation - shearY)
    a = cosRY / cosY
    c = sinRY / cosY
    b = -(a * tanX + sinR)
    d = cosR - c * tanX
    self.scale = scale
    self.translate = translate
  }

  /// From the output to the input: the six numbers of Pillow's matrix.
  func inverseMatrix(around center: Point) -> [Double] {
    var m = [d / scale, -b / scale, 0, -c / scale, a / scale, 0]
    let (x, y) = (center.x + translate.x, center.y + translate.y)
    m[2] += center.x - m[0] * x - m[1] * y
    m[5] += center.y - m[3] * x - m[4] * y
    return m
  }

  /// Where a point of the input lies in the output.
  func forward(_ point: Point, around center: Point) -> Point {
    let m = [a * scale, b * scale, c * scale, d * scale]
    let x = center.x + translate.x - m[0] * center.x - m[1] * center.y
    let y = center.y + translate.y - m[2] * center.x - m[3] * center.y
    return Point(x: m[0] * point.x + m[1] * point.y + x, y: m[2] * point.x + m[3] * point.y + y)
  }
}
