public import TesseraCore

/// Exchanges top and bottom.
public struct VerticalFlip: GeometricOperation {
  public init() {}

  public static let schema = TransformSchema(
    "vertical_flip", .operation, "Exchanges top and bottom.", prototype: VerticalFlip())

  public func apply(to image: Image) throws -> Image { image.oriented(.flipped) }

  public func apply(toMask mask: Image) throws -> Image { mask.oriented(.flipped) }

  /// Points are places, so the centre of the first pixel goes to the centre of the last one. (torchvision's
  /// keypoints are pixel numbers: it gives the same in those.)
  public func move(_ point: Point, in picture: PictureInfo) -> Point {
    Orientation.flipped.move(point, in: picture.size)
  }
}
