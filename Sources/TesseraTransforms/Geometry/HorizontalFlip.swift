public import TesseraCore

/// Exchanges left and right.
public struct HorizontalFlip: GeometricOperation {
  public init() {}

  public static let schema = TransformSchema(
    "horizontal_flip", .operation, "Exchanges left and right.", prototype: HorizontalFlip())

  public func apply(to image: Image) throws -> Image { image.oriented(.mirrored) }

  public func apply(toMask mask: Image) throws -> Image { mask.oriented(.mirrored) }

  /// Points are places, so the centre of the first pixel goes to the centre of the last one. (torchvision's
  /// keypoints are pixel numbers: it gives the same in those.)
  public func move(_ point: Point, in picture: PictureInfo) -> Point {
    Orientation.mirrored.move(point, in: picture.size)
  }
}
