private import CKernels
public import TesseraCore

/// Adds pixels on each side of a picture; negative numbers take some away.
///
/// What lies outside is a fixed colour, or the picture's own edge repeated or mirrored (as often as it takes).
/// Boxes and keypoints move with the corner; masks get 0 where the picture gets its colour. As torchvision's
/// `Pad` on PIL pictures; unlike it, boxes may move through the mirrored kinds as well.
///
/// - Shape: `[H, W, C]` → `[H + top + bottom, W + left + right, C]`.
public struct Pad: GeometricOperation, RegionOperation {
  /// Pixels on each side.
  public var padding: EdgeInsets
  public var fill: Fill
  public var paddingMode: PaddingMode

  public init(_ padding: EdgeInsets, fill: Fill = .zero, paddingMode: PaddingMode = .constant) {
    self.padding = padding
    self.fill = fill
    self.paddingMode = paddingMode
    _ = checked()
  }

  /// For draws, which throw where the initialiser traps.
  static func drawn(_ padding: EdgeInsets, fill: Fill, paddingMode: PaddingMode) throws -> Pad {
    var pad = Pad(EdgeInsets(0), fill: fill, paddingMode: paddingMode)
    pad.padding = padding
    try pad.validate()
    return pad
  }

  public static let schema = TransformSchema(
    "pad", .geometry, "Adds pixels on each side, or takes some away.", prototype: Pad(EdgeInsets(0)),
    .required("padding", \.padding, label: "", "pixels on each side"),
    .optional("fill", \.fill, "colour outside, for constant"),
    .optional("padding_mode", \.paddingMode, "what lies outside"))

  public func validate() throws {
    let sides = [padding.left, padding.top, padding.right, padding.bottom]
    try Check.argument(
      sides.allSatisfy { abs($0) <= Check.largest }, "padding", "within ±\(Check.largest)", sides)
    try fill.validate()
  }

  /// The picture's own pixels that stay.
  private func kept(_ size: Size) -> Rect {
    let (left, top) = (max(0, -padding.left), max(0, -padding.top))
    return Rect(
      x: left, y: top, width: size.width - left - max(0, -padding.right),
      height: size.height - top - max(0, -padding.bottom))
  }

  private func padded(_ size: Size) -> Size {
    Size(
      width: padding.left + size.width + padding.right, height: padding.top + size.height + padding.bottom)
  }

  private func check(_ size: Size) throws {
    let (after, kept) = (padded(size), kept(size))
    guard after.width > 0, after.height > 0, paddingMode == .constant || (kept.width > 0 && kept.height > 0)
    else {
      throw TesseraError(
        .invalidInput(
          operation: "pad", expected: "a picture of which something is left (padding \(padding))",
          got: "\(size)"))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try check(picture.size)
    _ = try fill.pixel(for: picture.format)
    return picture.resized(to: padded(picture.size))
  }

  public func apply(to image: Image, region: Rect) throws -> Image {
    try padded(image, region, try fill.pixel(for: image.format))
  }

  public func apply(toMask mask: Image) throws -> Image {
    try padded(mask, mask.bounds, Array(repeating: 0, count: mask.format.bytesPerPixel))
  }

  private func padded(_ image: Image, _ region: Rect, _ fill: [UInt8]) throws -> Image {
    try check(region.size)
    if padding.isZero { return region == image.bounds ? image : image.cut(region) }
    if paddingMode != .constant, kept(region.size) != Rect(region.size) {
      // torchvision cuts first, so that what is cut away is not mirrored back in.
      let rest = EdgeInsets(
        left: max(0, padding.left), top: max(0, padding.top), right: max(0, padding.right),
        bottom: max(0, padding.bottom))
      return try Pad(rest, paddingMode: paddingMode).apply(to: image, region: region.part(kept(region.size)))
    }
    let (pixel, target) = (image.format.bytesPerPixel, padded(region.size))
    return Image(size: target, format: image.format) { bytes in
      image.withUnsafeBytes {
        let source = PictureRegion(image, bytes: $0, rect: region)
        tk_pad(
          bytes.baseAddress!.assumingMemoryBound(to: UInt8.self), target.width * pixel, target.width,
          target.height, source.bytes, source.stride, region.width, region.height, pixel, padding.left,
          padding.top, paddingMode.kernelMode, fill)
      }
    }
  }

  /// A crop to `rect` of the padded picture as a crop of the picture and a padding behind it; nil where the one does
  /// not follow from the other: the padding repeats the picture, or nothing of the picture is left.
  func cut(to rect: Rect, of size: Size) -> (inner: Rect, rest: Pad)? {
    guard paddingMode == .constant else { return nil }
    let (x, y) = (rect.x - padding.left, rect.y - padding.top)
    let (left, top) = (max(x, 0), max(y, 0))
    let (right, bottom) = (min(x + rect.width, size.width), min(y + rect.height, size.height))
    guard left < right, top < bottom else { return nil }
    let rest = EdgeInsets(
      left: left - x, top: top - y, right: x + rect.width - right, bottom: y + rect.height - bottom)
    return (Rect(x: left, y: top, width: right - left, height: bottom - top), Pad(rest, fill: fill))
  }

  public func move(_ point: Point, in picture: PictureInfo) -> Point {
    Point(x: point.x + Double(padding.left), y: point.y + Double(padding.top))
  }
}

extension PaddingMode {
  /// `TK_PAD_…` of the kernels.
  fileprivate var kernelMode: Int32 {
    switch self {
    case .constant: 0
    case .edge: 1
    case .reflect: 2
    case .symmetric: 3
    }
  }
}
