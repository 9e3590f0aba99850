public import TesseraCore

/// Takes away boxes that are too small, empty or partly outside of the picture, and their masks.
///
/// Masks go with the boxes where there are as many of them (one an object); else they stay. Boxes that stick out go
/// as well: `clamp_bounding_boxes` before keeps them. As torchvision's.
public struct SanitizeBoundingBoxes: AnnotationOperation {
  /// The least width and height, at least 1.
  public var minSize: Double
  /// The least area, at least 1.
  public var minArea: Double

  public init(minSize: Double = 1, minArea: Double = 1) {
    self.minSize = minSize
    self.minArea = minArea
    _ = checked()
  }

  public static let schema = TransformSchema(
    "sanitize_bounding_boxes", .geometry, "Takes away boxes that are too small, empty or stick out.",
    prototype: SanitizeBoundingBoxes(),
    .optional("min_size", \.minSize, "least width and height in pixels"),
    .optional("min_area", \.minArea, "least area in pixels"))

  public func validate() throws {
    try Check.argument(minSize >= 1 && minSize.isFinite, "min_size", "at least 1", minSize)
    try Check.argument(minArea >= 1 && minArea.isFinite, "min_area", "at least 1", minArea)
  }

  private func keeps(_ box: BoundingBox, in size: Size) -> Bool {
    box.width >= minSize && box.height >= minSize && box.area >= minArea && box.left >= 0 && box.top >= 0
      && box.right >= 0 && box.bottom >= 0 && box.left <= Double(size.width)
      && box.right <= Double(size.width)
      && box.top <= Double(size.height) && box.bottom <= Double(size.height)
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    var info = picture
    info.boxes = info.boxes.filter { keeps($0, in: picture.size) }
    return info
  }

  public func apply(to annotations: Annotations, in picture: PictureInfo) throws -> Annotations {
    var result = annotations
    let kept = annotations.boxes.indices.filter { keeps(annotations.boxes[$0], in: picture.size) }
    result.boxes = kept.map { annotations.boxes[$0] }
    if annotations.masks.count == annotations.boxes.count {
      result.masks = kept.map { annotations.masks[$0] }
    }
    return result
  }
}
