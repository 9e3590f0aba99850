internal import TesseraCodecs
import TesseraCore

/// What a draw becomes where its pictures may be decoded smaller (`DecodeScale.fast`): the crops and the grayscale
/// before its first resize, and that resize, put in terms of a smaller picture.
///
/// For a picture without crops it is what Pillow's `draft(mode, (gap · w, gap · h))` and
/// `resize((w, h), box: …, reducing_gap: gap)` do. A crop becomes the box; what lies around it is reached by the filter.
struct FastStart {
  /// What the codec divides the size by.
  let scale: Int
  /// Whether the luma alone is decoded.
  let lumaOnly: Bool
  /// The operations on what the codec gives.
  let draw: Draw

  /// - Returns: nil where nothing changes: the picture is not to be made smaller, or `policy` says `exact`.
  init?(_ draw: Draw, policy: DecodePolicy, header: ImageHeader) throws {
    guard case .fast(let gap) = policy.decodeScale else { return nil }
    var rest = PlanStep.effective(draw)[...]
    var region = Rect(draw.input.size)
    let hasLuma =
      header.format == .jpeg && header.mode == "RGB"
      && !(policy.icc == .convertToSRGB && header.hasICCProfile)
    var gray: Grayscale?
    while let operation = rest.first {
      if let crop = operation as? Crop {
        region = region.part(crop.rect)
      } else if let operation = operation as? Grayscale, hasLuma, gray == nil {
        gray = operation
      } else {
        break
      }
      rest = rest.dropFirst()
    }
    let resize = (rest.first as? ResizeTo).flatMap { Self.takes($0, draw.input.format) ? $0 : nil }
    guard resize != nil || gray != nil else { return nil }
    let scale = resize.map { Self.scale(of: region.size, to: $0.size, gap: gap, header) } ?? 1
    let start = DecodeRequest(policy: policy, scale: scale)
    let size = start.scaled(draw.input.size)
    var faster = Draw(
      input: PictureInfo(
        size: size, format: gray == nil ? draw.input.format : .gray, generation: draw.input.generation))
    if scale == 1 && region != Rect(size) {
      try faster.append(Crop(region))
    }
    if let resize {
      let box = scale == 1 ? nil : Self.box(region, scale: scale, of: draw.input.size, header, policy)
      try faster.append(
        ResizeTo(
          resize.size, filter: resize.filter, box: box, reducingGap: gap, generation: resize.generation))
      rest = rest.dropFirst()
    }
    // Three equal channels are made of the one where there are fewest pixels.
    if let gray, gray.outputChannels == 3 { try faster.append(gray) }
    for operation in rest { try faster.append(operation) }
    faster.passes = draw.passes
    (self.scale, self.lumaOnly, self.draw) = (scale, gray != nil, faster)
  }

  private static func takes(_ resize: ResizeTo, _ format: PixelFormat) -> Bool {
    resize.filter != .nearest && resize.box == nil && resize.reducingGap == nil && format != .gray16
  }

  /// Pillow's rule: the largest of 8, 4, 2 and 1 that leaves `gap` times what is wanted.
  private static func scale(of source: Size, to target: Size, gap: Double, _ header: ImageHeader) -> Int {
    guard header.format == .jpeg else { return 1 }
    let room = min(
      (Double(source.width) / (Double(target.width) * gap)).rounded(.down),
      (Double(source.height) / (Double(target.height) * gap)).rounded(.down))
    return [8, 4, 2].first { Double($0) <= room } ?? 1
  }

  /// Where `region` of the upright picture lies in the smaller one. The codec's last column and row may hold a part of
  /// a pixel only, and they are the first ones of a picture that was turned.
  private static func box(
    _ region: Rect, scale: Int, of size: Size, _ header: ImageHeader, _ policy: DecodePolicy
  ) -> Box {
    let turn = policy.orientation == .apply ? header.orientation : .upright
    let stored = turn.swapsAxes ? size.transposed : size
    let part = turn.stored(region, in: stored)
    let smaller = DecodeRequest(policy: policy, scale: scale).scaled(stored)
    let factor = Double(scale)
    let a = turn.move(Point(x: Double(part.x) / factor, y: Double(part.y) / factor), in: smaller)
    let b = turn.move(Point(x: Double(part.right) / factor, y: Double(part.bottom) / factor), in: smaller)
    return Box(left: min(a.x, b.x), top: min(a.y, b.y), right: max(a.x, b.x), bottom: max(a.y, b.y))
  }
}
