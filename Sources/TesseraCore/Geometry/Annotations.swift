/// A box around an object: edges in pixels, left and top inclusive, right and bottom exclusive.
public struct BoundingBox: Sendable, Hashable, Codable {
  public var left: Double
  public var top: Double
  public var right: Double
  public var bottom: Double
  /// The object's class, carried along.
  public var label: Int

  public init(left: Double, top: Double, right: Double, bottom: Double, label: Int = 0) {
    self.left = left
    self.top = top
    self.right = right
    self.bottom = bottom
    self.label = label
  }

  public var width: Double { right - left }
  public var height: Double { bottom - top }
  public var area: Double { width * height }
}

/// What moves with a picture through geometric transforms: masks, boxes and keypoints.
public struct Annotations: Sendable, Equatable {
  /// Gray images of the picture's size whose values are class or instance numbers; resampled by NEAREST.
  public var masks: [Image]
  public var boxes: [BoundingBox]
  public var keypoints: [Point]

  public init(masks: [Image] = [], boxes: [BoundingBox] = [], keypoints: [Point] = []) {
    self.masks = masks
    self.boxes = boxes
    self.keypoints = keypoints
  }

  public var isEmpty: Bool { masks.isEmpty && boxes.isEmpty && keypoints.isEmpty }
}
