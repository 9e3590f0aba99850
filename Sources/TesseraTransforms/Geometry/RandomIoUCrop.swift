public import TesseraCore

/// Cuts out a part that overlaps at least one box by a drawn share: the crop of SSD's training.
///
/// An option of `samplerOptions` is drawn: the least intersection over union of the crop with one of the boxes whose
/// middle lies in it; 1 or more leaves the picture alone. Up to `trials` crops are tried before another option is
/// drawn. Boxes whose middle is cut away become empty: `sanitize_bounding_boxes` takes them away. A picture without
/// boxes stays as it is.
///
/// Liu et al.: "SSD: Single Shot MultiBox Detector" (2016); numbers and steps as torchvision.
public struct RandomIoUCrop: ImageTransform, RandomTransform {
  /// The least and the greatest share of width and of height.
  public var minScale: Double
  public var maxScale: Double
  /// The least and the greatest width over height.
  public var minAspectRatio: Double
  public var maxAspectRatio: Double
  /// What is drawn from; torchvision's `None` is this default.
  public var samplerOptions: [Double]
  public var trials: Int

  public init(
    minScale: Double = 0.3, maxScale: Double = 1, minAspectRatio: Double = 0.5, maxAspectRatio: Double = 2,
    samplerOptions: [Double] = [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1], trials: Int = 40
  ) {
    self.minScale = minScale
    self.maxScale = maxScale
    self.minAspectRatio = minAspectRatio
    self.maxAspectRatio = maxAspectRatio
    self.samplerOptions = samplerOptions
    self.trials = trials
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_iou_crop", .geometry, "Cuts out a part that overlaps a box by a drawn share.",
    prototype: RandomIoUCrop(),
    .optional("min_scale", \.minScale, "least share of width and height"),
    .optional("max_scale", \.maxScale, "greatest share of width and height"),
    .optional("min_aspect_ratio", \.minAspectRatio, "least width over height"),
    .optional("max_aspect_ratio", \.maxAspectRatio, "greatest width over height"),
    .optional("sampler_options", \.samplerOptions, "overlaps to draw from; 1 leaves the picture alone"),
    .optional("trials", \.trials, "crops tried before another overlap is drawn"))

  public func validate() throws {
    try Check.argument(
      minScale > 0 && minScale <= maxScale && maxScale <= 1, "min_scale", "0 < min_scale ≤ max_scale ≤ 1",
      "\(minScale) and \(maxScale)")
    try Check.argument(
      minAspectRatio > 0 && minAspectRatio <= maxAspectRatio, "min_aspect_ratio",
      "0 < min_aspect_ratio ≤ max_aspect_ratio", "\(minAspectRatio) and \(maxAspectRatio)")
    try Check.argument(
      !samplerOptions.isEmpty && samplerOptions.allSatisfy { $0 >= 0 }, "sampler_options", "numbers from 0",
      samplerOptions)
    try Check.argument(trials > 0, "trials", "at least 1", trials)
  }

  /// Options drawn before giving up: torchvision goes on for ever where none can be met.
  private static let rounds = 1000

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    guard !picture.boxes.isEmpty else { return [] }
    for _ in 0..<Self.rounds {
      let overlap = samplerOptions[random.integer(in: 0...(samplerOptions.count - 1))]
      if overlap >= 1 { return [] }
      for _ in 0..<trials {
        if let drawn = attempt(picture, overlap, &random) { return drawn }
      }
    }
    return []
  }

  private func attempt(
    _ picture: PictureInfo, _ overlap: Double, _ random: inout RandomStream
  ) -> [any Operation]? {
    let size = picture.size
    let width = Int(Double(size.width) * random.uniform(minScale...maxScale))
    let height = Int(Double(size.height) * random.uniform(minScale...maxScale))
    guard width > 0, height > 0 else { return nil }
    let ratio = Double(width) / Double(height)
    guard ratio >= minAspectRatio, ratio <= maxAspectRatio else { return nil }
    let rect = Rect(
      x: Int(Double(size.width - width) * random.uniform()),
      y: Int(Double(size.height - height) * random.uniform()), width: width, height: height)
    let lost = picture.boxes.indices.filter { !rect.holdsMiddle(of: picture.boxes[$0]) }
    let best = picture.boxes.filter(rect.holdsMiddle).map(rect.intersectionOverUnion).max()
    guard let best, best >= overlap else { return nil }
    let crop: [any Operation] = rect.size == size ? [] : [Crop(rect)]
    return crop + (lost.isEmpty ? [] : [VoidBoxes(lost)])
  }
}

extension Rect {
  /// Whether the middle of `box` lies strictly inside.
  fileprivate func holdsMiddle(of box: BoundingBox) -> Bool {
    let (cx, cy) = (0.5 * (box.left + box.right), 0.5 * (box.top + box.bottom))
    return Double(x) < cx && cx < Double(right) && Double(y) < cy && cy < Double(bottom)
  }

  /// The area shared with `box` over the area of both together.
  fileprivate func intersectionOverUnion(_ box: BoundingBox) -> Double {
    let w = max(0, min(Double(right), box.right) - max(Double(x), box.left))
    let h = max(0, min(Double(bottom), box.bottom) - max(Double(y), box.top))
    let shared = w * h
    return shared / (box.area + Double(width * height) - shared)
  }
}
