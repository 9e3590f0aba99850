public import TesseraCore

/// Cuts out the four corners and the middle, of the picture and of its mirror image.
///
/// - Shape: `[H, W, C]` → ten views `[size.height, size.width, C]`: `FiveCrop`'s, then those of the flipped picture.
public struct TenCrop: ViewsOperation {
  public var size: Size
  /// Whether the second five are of the picture upside down instead of mirrored.
  public var verticalFlip: Bool

  public init(_ size: Size, verticalFlip: Bool = false) {
    self.size = size
    self.verticalFlip = verticalFlip
    _ = checked()
  }

  /// Squares.
  public init(_ side: Int, verticalFlip: Bool = false) { self.init(Size(side), verticalFlip: verticalFlip) }

  public static let schema = TransformSchema(
    "ten_crop", .geometry, "The five crops of a picture and of its mirror image: ten views.",
    prototype: TenCrop(1),
    .required("size", \.size, label: "", "side, or height and width"),
    .optional("vertical_flip", \.verticalFlip, "flip top and bottom instead of left and right"))

  public func validate() throws { try Check.size(size) }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try FiveCrop.views(10, of: picture, size, "ten_crop")
  }

  public func apply(to image: Image) throws -> [Image] {
    let flipped = image.oriented(verticalFlip ? .flipped : .mirrored)
    return try [image, flipped].flatMap { try FiveCrop(size).apply(to: $0) }
  }
}
