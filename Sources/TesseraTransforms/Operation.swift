public import TesseraCore

/// A transform with every number fixed: the same input always gives the same output.
public protocol Operation: Transform {
  /// What comes out, told from what goes in: size, format, tensor shape.
  ///
  /// - Throws: `TesseraError.Reason.invalidInput` if the operation cannot take the picture.
  func output(for picture: PictureInfo) throws -> PictureInfo
}

extension Operation {
  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    [self]
  }
}

/// An operation on the pixels of one image.
public protocol ImageOperation: Operation, ImageTransform {
  func apply(to image: Image) throws -> Image
}

extension ImageOperation {
  /// Colour operations keep size and format; the others say otherwise.
  public func output(for picture: PictureInfo) throws -> PictureInfo { picture }
}

/// An image operation that can read a region of a larger picture in place, as if it were cut out first.
public protocol RegionOperation: ImageOperation {
  /// The same bytes as `apply(to:)` of the region cut out: nothing outside of it is read.
  func apply(to image: Image, region: Rect) throws -> Image
}

extension RegionOperation {
  public func apply(to image: Image) throws -> Image { try apply(to: image, region: image.bounds) }
}

/// An image operation that moves pixels: masks, boxes and keypoints move with them.
public protocol GeometricOperation: ImageOperation {
  /// Moves a mask: like `apply(to:)` with NEAREST and the mask's own fill (0).
  func apply(toMask mask: Image) throws -> Image
  /// Where a box lies afterwards: the bounds of its moved corners, not yet clipped.
  func move(_ box: BoundingBox, in picture: PictureInfo) -> BoundingBox
  /// Where a point lies afterwards, not clipped.
  func move(_ point: Point, in picture: PictureInfo) -> Point
}

extension GeometricOperation {
  /// The bounds of the four moved corners.
  public func move(_ box: BoundingBox, in picture: PictureInfo) -> BoundingBox {
    let corners = [
      Point(x: box.left, y: box.top), Point(x: box.right, y: box.top),
      Point(x: box.right, y: box.bottom), Point(x: box.left, y: box.bottom),
    ].map { move($0, in: picture) }
    return BoundingBox(
      left: corners.map(\.x).min()!, top: corners.map(\.y).min()!,
      right: corners.map(\.x).max()!, bottom: corners.map(\.y).max()!, label: box.label)
  }
}

/// An operation that makes several pictures of one (five crops, tiles); later steps work on each.
public protocol ViewsOperation: Operation, ImageTransform {
  /// Views of one picture, all of one size and format.
  func apply(to image: Image) throws -> [Image]
}

/// An operation that only changes what travels beside the picture (boxes, the resampling generation).
public protocol AnnotationOperation: Operation, ImageTransform {
  func apply(to annotations: Annotations, in picture: PictureInfo) throws -> Annotations
}

/// The operation that makes a tensor of an image, each value by itself.
public protocol ConversionOperation: Operation, TensorConversion {
  /// - Shape: `[H, W, C]` → `[C, H, W]`.
  func tensor(from image: Image) throws -> AnyTensor
}

/// An operation on a tensor `[C, H, W]`, or `[V, C, H, W]` with views.
public protocol TensorOperation: Operation, TensorTransform {
  func apply(to tensor: AnyTensor) throws -> AnyTensor
}

extension TensorOperation {
  public func output(for picture: PictureInfo) throws -> PictureInfo { picture }
}

/// A tensor operation that treats each value by itself, knowing only its channel: a plan may fold it into a table.
public protocol PointwiseTensorOperation: TensorOperation {}
