public import TesseraCore

/// Cuts out the four corners and the middle.
///
/// - Shape: `[H, W, C]` → five views `[size.height, size.width, C]`: top left, top right, bottom left,
///   bottom right, centre.
public struct FiveCrop: ViewsOperation {
  public var size: Size

  public init(_ size: Size) {
    self.size = size
    _ = checked()
  }

  /// Squares.
  public init(_ side: Int) { self.init(Size(side)) }

  public static let schema = TransformSchema(
    "five_crop", .geometry, "Cuts out the four corners and the middle: five views.", prototype: FiveCrop(1),
    .required("size", \.size, label: "", "side, or height and width"))

  public func validate() throws { try Check.size(size) }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try Self.views(5, of: picture, size, "five_crop")
  }

  public func apply(to image: Image) throws -> [Image] {
    try Self.rects(size, in: image.size).map { try Crop($0).apply(to: image) }
  }

  /// The picture with `count` views of `size`.
  ///
  /// - Throws: `invalidInput` if the picture is smaller, or already has views.
  static func views(_ count: Int, of picture: PictureInfo, _ size: Size, _ name: String) throws -> PictureInfo
  {
    guard picture.size.width >= size.width, picture.size.height >= size.height else {
      throw TesseraError(
        .invalidInput(operation: name, expected: "a picture of at least \(size)", got: "\(picture.size)"))
    }
    guard picture.views == nil else {
      throw TesseraError(.invalidInput(operation: name, expected: "one picture", got: "several views"))
    }
    var info = picture.resized(to: size)
    info.views = count
    return info
  }

  /// The four corners and the middle (rounded as torchvision's `CenterCrop`).
  static func rects(_ size: Size, in picture: Size) -> [Rect] {
    let (right, bottom) = (picture.width - size.width, picture.height - size.height)
    let (x, y) = (
      CropRounding.halfEven.offset(of: size.width, in: picture.width),
      CropRounding.halfEven.offset(of: size.height, in: picture.height)
    )
    return [(0, 0), (right, 0), (0, bottom), (right, bottom), (x, y)].map {
      Rect(x: $0.0, y: $0.1, width: size.width, height: size.height)
    }
  }
}
