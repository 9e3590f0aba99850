public import TesseraCore

/// Pads the shorter side on both ends until the picture is square: LLaVA's `expand2square`.
///
/// - Shape: `[H, W, C]` → `[L, L, C]` with `L = max(H, W)`; the odd pixel goes to the right or the bottom.
public struct PadToSquare: ImageTransform {
  /// The colour outside; by default CLIP's mean, (122, 116, 104).
  public var fill: Fill

  public init(fill: Fill = PadToSquare.background(of: .clip)) {
    self.fill = fill
    _ = checked()
  }

  /// `⌊mean · 255⌋` a channel: what becomes about 0 when it is normalised.
  public static func background(of statistics: ChannelStatistics) -> Fill {
    Fill(statistics.mean.map { Int($0 * 255) })
  }

  public static let schema = TransformSchema(
    "pad_to_square", .model, "Pads the shorter side until the picture is square (LLaVA).",
    prototype: PadToSquare(), .optional("fill", \.fill, "colour outside; CLIP's mean by default"))

  public func validate() throws { try fill.validate() }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let (width, height) = (picture.size.width, picture.size.height)
    if width == height { return [] }
    let missing = abs(width - height)
    let (before, after) = (missing / 2, missing - missing / 2)
    return [
      Pad(
        width > height
          ? EdgeInsets(left: 0, top: before, right: 0, bottom: after)
          : EdgeInsets(left: before, top: 0, right: after, bottom: 0),
        fill: fill)
    ]
  }
}
