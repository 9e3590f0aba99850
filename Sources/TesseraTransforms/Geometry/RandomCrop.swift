public import TesseraCore

/// Cuts out a rectangle at a random place, each place equally likely; pads first if asked.
///
/// - Shape: `[H, W, C]` → `[size.height, size.width, C]`.
public struct RandomCrop: ImageTransform, RandomTransform {
  public var size: Size
  /// Pixels added on each side before the cut; nil for none.
  public var padding: EdgeInsets?
  /// Whether a picture that is too small is padded: by the missing pixels on *both* sides, as torchvision.
  public var padIfNeeded: Bool
  public var fill: Fill
  public var paddingMode: PaddingMode

  public init(
    _ size: Size, padding: EdgeInsets? = nil, padIfNeeded: Bool = false, fill: Fill = .zero,
    paddingMode: PaddingMode = .constant
  ) {
    self.size = size
    self.padding = padding
    self.padIfNeeded = padIfNeeded
    self.fill = fill
    self.paddingMode = paddingMode
    _ = checked()
  }

  /// A square.
  public init(
    _ side: Int, padding: EdgeInsets? = nil, padIfNeeded: Bool = false, fill: Fill = .zero,
    paddingMode: PaddingMode = .constant
  ) {
    self.init(Size(side), padding: padding, padIfNeeded: padIfNeeded, fill: fill, paddingMode: paddingMode)
  }

  public static let schema = TransformSchema(
    "random_crop", .geometry, "Cuts out a rectangle at a random place.", prototype: RandomCrop(1),
    .required("size", \.size, label: "", "side, or height and width"),
    .optional("padding", \.padding, "pixels added on each side first"),
    .optional("pad_if_needed", \.padIfNeeded, "whether to pad a picture that is too small"),
    .optional("fill", \.fill, "colour of constant padding"),
    .optional("padding_mode", \.paddingMode, "what lies outside"))

  public func validate() throws {
    try Check.size(size)
    if let padding { try Pad.drawn(padding, fill: fill, paddingMode: paddingMode).validate() }
    try fill.validate()
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    var pad = padding ?? EdgeInsets(0)
    var padded = Size(
      width: picture.size.width + pad.left + pad.right, height: picture.size.height + pad.top + pad.bottom)
    if padIfNeeded {
      let missing = (x: max(0, size.width - padded.width), y: max(0, size.height - padded.height))
      pad.left += missing.x
      pad.right += missing.x
      pad.top += missing.y
      pad.bottom += missing.y
      padded.width += 2 * missing.x
      padded.height += 2 * missing.y
    }
    guard padded.width >= size.width, padded.height >= size.height else {
      throw TesseraError(
        .invalidInput(
          operation: "random_crop",
          expected:
            "a picture of at least \(size)\(padding == nil ? "" : " with its padding") (or pad_if_needed)",
          got: "\(padded)"))
    }
    var operations: [any Operation] = []
    if !pad.isZero { operations.append(try Pad.drawn(pad, fill: fill, paddingMode: paddingMode)) }
    let y = random.integer(in: 0...(padded.height - size.height))
    let x = random.integer(in: 0...(padded.width - size.width))
    if padded != size {
      operations.append(Crop(Rect(x: x, y: y, width: size.width, height: size.height)))
    }
    return operations
  }
}
