public import TesseraCore

/// Fits the picture into a size, aspect ratio kept, and pads the rest evenly: what detectors (YOLO) train with.
///
/// `r = min(w / W, h / H)`; the picture becomes `round(W·r) × round(H·r)` (half to even) and lies in the middle; the
/// odd pixel of padding goes to the right or the bottom.
///
/// - Shape: `[H, W, C]` → `[size.height, size.width, C]`.
public struct Letterbox: ImageTransform {
  public var size: Size
  /// The colour outside.
  public var fill: Fill
  public var filter: ResampleFilter
  /// Whether small pictures are enlarged.
  public var scalesUp: Bool
  public var generation: PillowGeneration?

  public init(
    _ size: Size, fill: Fill = Fill([114]), filter: ResampleFilter = .bilinear, scalesUp: Bool = true,
    generation: PillowGeneration? = nil
  ) {
    self.size = size
    self.fill = fill
    self.filter = filter
    self.scalesUp = scalesUp
    self.generation = generation
    _ = checked()
  }

  public static let schema = TransformSchema(
    "letterbox", .model, "Fits the picture into a size and pads the rest evenly.",
    prototype: Letterbox(Size(1)),
    .required("size", \.size, label: "", "size of the result"), .optional("fill", \.fill, "colour outside"),
    .optional("filter", \.filter, "the resampling filter"),
    .optional("scales_up", \.scalesUp, "whether small pictures are enlarged"),
    .optional("generation", \.generation, "the generation of Pillow; none: the pipeline's"))

  public func validate() throws {
    try Check.size(size)
    try fill.validate()
    try ResizeTo(unchecked: size, filter: filter, generation: generation ?? .newest).validate()
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let source = picture.size
    var r = min(
      Double(size.width) / Double(source.width), Double(size.height) / Double(source.height))
    if !scalesUp { r = min(r, 1) }
    let inner = Size(
      width: max(1, Int((Double(source.width) * r).rounded(.toNearestOrEven))),
      height: max(1, Int((Double(source.height) * r).rounded(.toNearestOrEven))))
    var operations = try picture.resizing(
      to: inner, filter: filter, generation: generation, operation: "letterbox")
    if inner != size {
      let (x, y) = ((size.width - inner.width) / 2, (size.height - inner.height) / 2)
      operations.append(
        Pad(
          EdgeInsets(
            left: x, top: y, right: size.width - inner.width - x, bottom: size.height - inner.height - y),
          fill: fill))
    }
    return operations
  }
}
