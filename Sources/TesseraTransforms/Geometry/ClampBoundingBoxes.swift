public import TesseraCore

/// Clips the boxes to the picture.
public struct ClampBoundingBoxes: AnnotationOperation {
  public init() {}

  public static let schema = TransformSchema(
    "clamp_bounding_boxes", .geometry, "Clips the boxes to the picture.", prototype: ClampBoundingBoxes())

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    var info = picture
    info.boxes = info.boxes.map { $0.clamped(to: picture.size) }
    return info
  }

  public func apply(to annotations: Annotations, in picture: PictureInfo) throws -> Annotations {
    var result = annotations
    result.boxes = result.boxes.map { $0.clamped(to: picture.size) }
    return result
  }
}

extension BoundingBox {
  /// The part inside of a picture of `size`.
  func clamped(to size: Size) -> BoundingBox {
    let (w, h) = (Double(size.width), Double(size.height))
    return BoundingBox(
      left: min(max(left, 0), w), top: min(max(top, 0), h), right: min(max(right, 0), w),
      bottom: min(max(bottom, 0), h), label: label)
  }
}
