public import TesseraCore

/// Makes some boxes empty (all edges 0), for `sanitize_bounding_boxes` to take away: what `random_iou_crop` draws.
public struct VoidBoxes: AnnotationOperation {
  /// The boxes' positions in the list.
  public var indices: [Int]

  public init(_ indices: [Int]) {
    self.indices = indices
    _ = checked()
  }

  public static let schema = TransformSchema(
    "void_boxes", .operation, "Makes some boxes empty, to be sanitised.", prototype: VoidBoxes([]),
    .required("indices", \.indices, label: "", "which boxes, from 0"))

  public func validate() throws {
    try Check.argument(indices.allSatisfy { $0 >= 0 }, "indices", "not negative", indices)
  }

  private func voided(_ boxes: [BoundingBox]) throws -> [BoundingBox] {
    guard indices.allSatisfy({ $0 < boxes.count }) else {
      throw TesseraError(
        .invalidInput(
          operation: "void_boxes", expected: "more than \(indices.max() ?? 0) boxes", got: "\(boxes.count)"))
    }
    var result = boxes
    for i in indices { result[i] = BoundingBox(left: 0, top: 0, right: 0, bottom: 0, label: boxes[i].label) }
    return result
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    var info = picture
    info.boxes = try voided(picture.boxes)
    return info
  }

  public func apply(to annotations: Annotations, in picture: PictureInfo) throws -> Annotations {
    var result = annotations
    result.boxes = try voided(annotations.boxes)
    return result
  }
}
