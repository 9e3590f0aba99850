public import TesseraCore

/// Cuts a rectangle out of a picture. The rectangle must lie inside.
///
/// - Shape: `[H, W, C]` → `[height, width, C]`.
public struct Crop: GeometricOperation {
  public var rect: Rect

  /// - Parameter rect: inside of the picture, at least one pixel.
  public init(_ rect: Rect) {
    self.rect = rect
    _ = checked()
  }

  /// The rectangle from (x, y).
  public init(x: Int, y: Int, width: Int, height: Int) {
    self.init(Rect(x: x, y: y, width: width, height: height))
  }

  public static let schema = TransformSchema(
    "crop", .operation, "Cuts a rectangle out of a picture.",
    prototype: Crop(Rect(x: 0, y: 0, width: 1, height: 1)),
    .required("x", \.rect.x, "left edge"), .required("y", \.rect.y, "top edge"),
    .required("width", \.rect.width, "width in pixels"),
    .required("height", \.rect.height, "height in pixels"))

  public func validate() throws {
    let sides = [rect.x, rect.y, rect.width - 1, rect.height - 1]
    guard rect.width > 0, rect.height > 0, sides.allSatisfy({ (0...Check.largest).contains($0) }) else {
      throw TesseraError(
        .invalidArgument(
          name: "crop", expected: "a rectangle with x, y ≥ 0 and at least one pixel", got: "\(rect)"))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try check(picture.size)
    return picture.resized(to: rect.size)
  }

  /// - Throws: `invalidInput` if the rectangle does not lie in a picture of `size`.
  private func check(_ size: Size) throws {
    guard Rect(x: 0, y: 0, width: size.width, height: size.height).contains(rect) else {
      throw TesseraError(
        .invalidInput(operation: "crop", expected: "a picture that contains \(rect)", got: "\(size)"))
    }
  }

  public func apply(to image: Image) throws -> Image {
    try check(image.size)
    return image.cut(rect)
  }

  public func apply(toMask mask: Image) throws -> Image { try apply(to: mask) }

  public func move(_ point: Point, in picture: PictureInfo) -> Point {
    Point(x: point.x - Double(rect.x), y: point.y - Double(rect.y))
  }
}
