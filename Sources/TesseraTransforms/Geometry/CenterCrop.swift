public import TesseraCore

/// Cuts the middle out of a picture; a picture that is too small gets black sides first.
///
/// Boxes and keypoints move as the pixels do. (torchvision moves boxes in too small pictures by its rounded
/// crop offset, up to one pixel off its own picture.)
///
/// - Shape: `[H, W, C]` → `[size.height, size.width, C]`.
public struct CenterCrop: ImageTransform {
  public var size: Size
  /// Where the rectangle goes when it cannot lie in the very middle: `half_even` is torchvision's.
  public var rounding: CropRounding

  public init(_ size: Size, rounding: CropRounding = .halfEven) {
    self.size = size
    self.rounding = rounding
    _ = checked()
  }

  /// A square.
  public init(_ side: Int, rounding: CropRounding = .halfEven) { self.init(Size(side), rounding: rounding) }

  public static let schema = TransformSchema(
    "center_crop", .geometry, "Cuts the middle out of a picture, padded with black if too small.",
    prototype: CenterCrop(1),
    .required("size", \.size, label: "", "side, or height and width"),
    .optional("rounding", \.rounding, "to which pixel the offset is rounded"))

  public func validate() throws { try Check.size(size) }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    operations(for: picture.size)
  }

  /// The padding, if any, and the crop.
  func operations(for input: Size) -> [any Operation] {
    let (left, right) = rounding.padding(of: input.width, to: size.width)
    let (top, bottom) = rounding.padding(of: input.height, to: size.height)
    let padded = Size(width: input.width + left + right, height: input.height + top + bottom)
    var operations: [any Operation] = []
    if padded != input {
      operations.append(Pad(EdgeInsets(left: left, top: top, right: right, bottom: bottom)))
    }
    if padded != size {
      operations.append(
        Crop(
          Rect(
            x: rounding.offset(of: size.width, in: padded.width),
            y: rounding.offset(of: size.height, in: padded.height), width: size.width, height: size.height)))
    }
    return operations
  }
}
