internal import TesseraCodecs
internal import TesseraCore
internal import TesseraTransforms

/// A picture after the steps that chance has no part in.
struct CachedPicture: Sendable {
  /// What those steps gave.
  var image: Image
  /// The picture before them, decoded: what annotations are moved from.
  var inputSize: Size
  var inputFormat: PixelFormat
  /// How many steps were done.
  var steps: Int
  /// The generation of resampling for the steps that follow.
  var generation: PillowGeneration
}

extension CachedPicture {
  /// The steps of a recipe that a cache may do: those on images before the first that draws.
  ///
  /// The conversion to a tensor is left to the last pass, which costs next to nothing, and bytes take a quarter of
  /// the room that floats do.
  static func prefix(of recipe: Recipe?) -> [any Transform] {
    Array((recipe?.pipeline.steps ?? []).prefix { $0 is any ImageTransform && !($0 is any RandomTransform) })
  }

  /// Decodes a picture and does the prefix; nil for a picture that is a tensor already.
  ///
  /// A step that makes several views of a picture, and those behind it, are left undone.
  ///
  /// - Throws: what reading, decoding and the steps throw: the same as without a cache.
  init?(_ source: PictureSource, _ recipe: Recipe?) throws {
    let policy = recipe?.policy ?? .tessera
    let generation = recipe?.generation ?? .newest
    if case .tensor = source { return nil }
    if case .image(let image, _) = source {
      let info = PictureInfo(size: image.size, format: image.format, generation: generation)
      try self.init(info, Self.prefix(of: recipe)) { try Plan($0, policy: policy).execute(on: image) }
      return
    }
    guard let bytes = try source.encodedBytes(limits: policy.limits) else { return nil }
    let header: ImageHeader
    do { header = try ImageHeader(bytes: bytes, policy: policy) } catch let error as TesseraError {
      throw error.with(stage: .header)
    }
    try policy.limits.check(header.size)
    let decoded = ImageDecoder().info(for: header, policy: policy)
    let info = PictureInfo(size: decoded.size, format: decoded.format, generation: generation)
    try self.init(info, Self.prefix(of: recipe)) { draw in
      // Decoded smaller, a picture is another one: what would be done after the cache must not come out otherwise.
      if policy.decodeScale != .exact && !draw.operations.contains(where: { $0 is ResizeTo }) { return nil }
      let plan = try Plan(draw, policy: policy, header: header)
      return try bytes.withUnsafeBytes { try plan.execute(decoding: $0) }
    }
  }

  private init?(
    _ info: PictureInfo, _ prefix: [any Transform], _ execute: (Draw) throws -> PipelineOutput?
  ) throws {
    let draw: (draw: Draw, steps: Int)
    do { draw = try Self.draw(info, prefix) } catch let error as TesseraError {
      throw error.with(stage: .transform)
    }
    guard case .image(let image)? = try execute(draw.draw)?.value else { return nil }
    self.image = image
    (inputSize, inputFormat) = (info.size, info.format)
    (steps, generation) = (draw.steps, draw.draw.output.generation)
  }

  /// The operations of as many of the steps as leave one picture one picture.
  private static func draw(
    _ info: PictureInfo, _ prefix: [any Transform]
  ) throws -> (draw: Draw, steps: Int) {
    var draw = Draw(input: info)
    for (number, step) in prefix.enumerated() {
      var next = draw
      // These steps take nothing from the stream.
      var stream = RandomStream(seed: 0)
      try next.append(step, using: &stream)
      if next.output.views != nil { return (draw, number) }
      draw = next
    }
    return (draw, prefix.count)
  }

  /// Masks, boxes and keypoints as the steps move them; nil where what later draws would see of them could differ.
  ///
  /// - Throws: what the steps throw.
  func move(_ annotations: Annotations, _ recipe: Recipe?) throws -> Annotations? {
    guard !annotations.isEmpty else { return annotations }
    let info = PictureInfo(
      size: inputSize, format: inputFormat, boxes: annotations.boxes,
      generation: recipe?.generation ?? .newest)
    let draw = try Self.draw(info, Array(Self.prefix(of: recipe).prefix(steps))).draw
    let moved = try draw.move(annotations)
    return moved.boxes == draw.output.boxes ? moved : nil
  }
}
