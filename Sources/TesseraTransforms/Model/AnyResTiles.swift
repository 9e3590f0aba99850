public import TesseraCore

/// Cuts a picture into tiles at the best of several resolutions, the whole picture first: LLaVA-NeXT's "any
/// resolution".
///
/// 1. The whole picture is squashed to `tile` × `tile`: the first view.
/// 2. Of `grid`, the resolution with the largest effective area wins: `min(⌊W·s⌋·⌊H·s⌋, W·H)` with
///    `s = min(w/W, h/H)`; on a tie the least waste; the first of equals.
/// 3. The picture is resized into it (the free edge rounded up), padded with black evenly (the odd pixel right and
///    at the bottom), and cut into tiles row by row.
///
/// - Shape: `[H, W, C]` → `1 + rows · columns` views `[tile, tile, C]`. Mixed sizes give mixed numbers of views.
public struct AnyResTiles: ViewsOperation {
  /// The edge of a tile.
  public var tile: Int
  /// The resolutions to choose from; each edge a multiple of `tile`.
  public var grid: [Size]
  public var filter: ResampleFilter
  public var generation: PillowGeneration?

  public init(
    _ tile: Int = 336, grid: [Size]? = nil, filter: ResampleFilter = .bicubic,
    generation: PillowGeneration? = nil
  ) {
    self.tile = tile
    self.grid = grid ?? Self.standardGrid(tile)
    self.filter = filter
    self.generation = generation
    _ = checked()
  }

  /// LLaVA-NeXT's: 1×2, 2×1, 2×2, 3×1 and 1×3 tiles (rows × columns), in this order.
  public static func standardGrid(_ tile: Int) -> [Size] {
    [(1, 2), (2, 1), (2, 2), (3, 1), (1, 3)].map { Size(width: $0.1 * tile, height: $0.0 * tile) }
  }

  public static let schema = TransformSchema(
    "any_res_tiles", .model,
    "Cuts tiles at the best of several resolutions, whole picture first (LLaVA-NeXT).",
    prototype: AnyResTiles(),
    .optional("tile", \.tile, label: "", "edge of a tile"),
    .optional("grid", \.grid, "resolutions to choose from"),
    .optional("filter", \.filter, "the resampling filter"),
    .optional("generation", \.generation, "the generation of Pillow; none: the pipeline's"))

  public func validate() throws {
    try Check.argument(tile > 0 && tile <= 1 << 14, "tile", "1 to 16384 pixels", tile)
    try Check.argument(!grid.isEmpty, "grid", "at least one resolution", "none")
    for size in grid {
      try Check.argument(
        size.width > 0 && size.height > 0 && size.width % tile == 0 && size.height % tile == 0, "grid",
        "resolutions whose edges are multiples of the tile (\(tile))", size)
    }
    try ResizeTo(unchecked: Size(1), filter: filter, generation: generation ?? .newest).validate()
  }

  /// Itself, the generation fixed.
  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    var fixed = self
    fixed.generation = generation ?? picture.generation
    try fixed.validate()
    return [fixed]
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    guard picture.size.width > 0, picture.size.height > 0 else {
      throw TesseraError(
        .invalidInput(
          operation: "any_res_tiles", expected: "a picture with at least one pixel", got: "\(picture.size)"))
    }
    let best = bestResolution(for: picture.size)
    var info = picture.resized(to: Size(tile))
    info.views = 1 + (best.width / tile) * (best.height / tile)
    return info
  }

  /// The resolution of `grid` that keeps most of a picture of size `source`.
  public func bestResolution(for source: Size) -> Size {
    var best = grid[0]
    var (largest, least) = (-1, Int.max)
    for size in grid {
      let scale = min(
        Double(size.width) / Double(source.width), Double(size.height) / Double(source.height))
      let scaled = Int(Double(source.width) * scale) * Int(Double(source.height) * scale)
      let effective = min(scaled, source.area)
      let waste = size.area - effective
      if effective > largest || (effective == largest && waste < least) {
        (best, largest, least) = (size, effective, waste)
      }
    }
    return best
  }

  /// The size of the picture inside of `resolution`: one edge fills it, the other is rounded up.
  static func fitted(_ source: Size, in resolution: Size) -> Size {
    let scaleX = Double(resolution.width) / Double(source.width)
    let scaleY = Double(resolution.height) / Double(source.height)
    if scaleX < scaleY {
      let height = min(Int((Double(source.height) * scaleX).rounded(.up)), resolution.height)
      return Size(width: resolution.width, height: height)
    }
    let width = min(Int((Double(source.width) * scaleY).rounded(.up)), resolution.width)
    return Size(width: width, height: resolution.height)
  }

  public func apply(to image: Image) throws -> [Image] {
    let resolution = bestResolution(for: image.size)
    var views = [try resized(image, to: Size(tile))]
    let inner = try resized(image, to: Self.fitted(image.size, in: resolution))
    let (x, y) = ((resolution.width - inner.width) / 2, (resolution.height - inner.height) / 2)
    let padded = try Pad(
      EdgeInsets(
        left: x, top: y, right: resolution.width - inner.width - x,
        bottom: resolution.height - inner.height - y)
    ).apply(to: inner)
    for top in stride(from: 0, to: resolution.height, by: tile) {
      for left in stride(from: 0, to: resolution.width, by: tile) {
        views.append(try Crop(Rect(x: left, y: top, width: tile, height: tile)).apply(to: padded))
      }
    }
    return views
  }

  private func resized(_ image: Image, to size: Size) throws -> Image {
    try Resampler.resize(
      image, Resampler.Request(size: size, filter: filter, generation: generation ?? .newest))
  }
}
