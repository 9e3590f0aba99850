internal import TesseraCodecs
internal import TesseraCore
internal import TesseraTransforms

/// From a sample to its tensors: read, header, draw, decode, transform. A pure function of its arguments.
struct SampleLoader: Sendable {
  var seed: UInt64
  var epoch: UInt64
  var layout: ImageLayout
  /// Whether draws run as plans; else one operation after another, each on whole pictures. The bytes are the same.
  var isFused: Bool

  /// Offered shape and type of a result; gives memory for it, or nil to have it as a value.
  typealias Target = (TensorInfo) -> UnsafeMutableRawPointer?

  /// Loads a sample.
  ///
  /// - Parameter target: asked only for samples of exactly one picture.
  /// - Throws: `TesseraError` with the stage, the name and the index.
  func load(
    _ sample: Sample, key: SampleKey, slot: Int, times: inout StageTimes, into target: Target
  ) throws -> LoadedSample {
    times.post?.name(sample.place.isEmpty ? sample.name : sample.place)
    do {
      var loaded = LoadedSample(sample, key: key, slot: slot)
      let pass = try pass(of: sample, key)
      for (number, picture) in sample.pictures.enumerated() {
        let result = try pass(number).run(
          picture, annotations: &loaded.annotations, layout: layout, times: &times,
          into: sample.pictures.count == 1 ? target : { _ in nil })
        switch result {
        case .inPlace(let info): loaded.inPlace = info
        case .tensor(let tensor): loaded.pictures.append(tensor)
        }
      }
      return loaded
    } catch let error as TesseraError {
      // One name for all of a sample's failures, whatever path a lower layer knew.
      var named = error.with(index: key.index)
      if !sample.place.isEmpty { named.path = sample.place }
      throw named
    }
  }

  /// How each picture of a sample goes through the sample's recipe.
  private func pass(of sample: Sample, _ key: SampleKey) throws -> (_ number: Int) -> PicturePass {
    guard sample.pictures.count == 1 || sample.annotations.isEmpty else {
      throw TesseraError(
        .invalidInput(
          operation: "the loader", expected: "one picture for a sample with masks, boxes or keypoints",
          got: "\(sample.pictures.count)"), stage: .transform)
    }
    let recipe = sample.recipe ?? Self.asDecoded
    let random = key.random(seed: seed, epoch: epoch)
    return { number in
      // Each picture of a sample draws from operations of its own.
      PicturePass(
        recipe: recipe, random: random, firstStep: recipe.firstStep + number << 16, isFused: isFused)
    }
  }

  /// Does a sample again, one operation after another, and keeps what was drawn.
  func replay(_ sample: Sample, key: SampleKey) throws -> [(draw: Draw, output: PipelineOutput)] {
    do {
      let pass = try pass(of: sample, key)
      return try sample.pictures.enumerated().map { number, picture in
        try pass(number).replay(picture, sample.annotations)
      }
    } catch let error as TesseraError {
      throw error.with(path: sample.name, index: key.index)
    }
  }

  /// Pictures without a recipe: what the decoder gives, as bytes.
  private static let asDecoded = Recipe(.empty)
}

/// One picture's way through a recipe.
struct PicturePass {
  var recipe: Recipe
  var random: RandomStream
  var firstStep: Int
  var isFused: Bool

  enum Result {
    case inPlace(TensorInfo)
    case tensor(AnyTensor)
  }

  func run(
    _ picture: PictureSource, annotations: inout Annotations, layout: ImageLayout,
    times: inout StageTimes, into target: SampleLoader.Target
  ) throws -> Result {
    switch picture {
    case .tensor(let tensor, _):
      guard !recipe.pipeline.steps.isEmpty else {
        return try times.measure(.transform) {
          try place(try layout.arranged(tensor), target)
        }
      }
      return try run(
        on: try Image(planes: tensor), annotations: &annotations, layout: layout, times: &times, into: target)
    case .image(let image, _):
      return try run(on: image, annotations: &annotations, layout: layout, times: &times, into: target)
    default:
      return try run(
        decoding: picture, annotations: &annotations, layout: layout, times: &times, into: target)
    }
  }

  private func run(
    decoding picture: PictureSource, annotations: inout Annotations, layout: ImageLayout,
    times: inout StageTimes, into target: SampleLoader.Target
  ) throws -> Result {
    times.post?.enter(.read)
    let start = Clock.nanoseconds()
    return try picture.withEncodedBytes(limits: recipe.policy.limits) { bytes in
      times.read += Clock.nanoseconds() - start
      times.bytesRead += bytes.count
      return try run(decoding: bytes, annotations: &annotations, layout: layout, times: &times, into: target)
    }
  }

  private func run(
    decoding bytes: UnsafeRawBufferPointer, annotations: inout Annotations, layout: ImageLayout,
    times: inout StageTimes, into target: SampleLoader.Target
  ) throws -> Result {
    let (opened, plan) = try times.measure(.header) { try self.plan(decoding: bytes, annotations) }
    guard isFused else {
      return try times.measure(.decode) {
        let output = try plan.executeStepwise(decoding: opened, annotations: annotations)
        annotations = output.annotations
        return try place(try layout.arranged(try output.value.tensor()), target)
      }
    }
    var resizing: UInt64 = 0
    let started = try times.measure(.decode) {
      try Self.staged(.decode) { try plan.start(decoding: opened) { resizing += $0 } }
    }
    times.decode -= resizing
    times.transform += resizing
    return try times.measure(.transform) { try finish(plan, started, &annotations, layout, target) }
  }

  private func run(
    on image: Image, annotations: inout Annotations, layout: ImageLayout, times: inout StageTimes,
    into target: SampleLoader.Target
  ) throws -> Result {
    let plan = try times.measure(.header) { try self.plan(image.size, image.format, annotations) }
    return try times.measure(.transform) {
      guard isFused else {
        return try Self.staged(.transform) {
          let output = try plan.draw.apply(to: image, annotations: annotations)
          annotations = output.annotations
          return try place(try layout.arranged(try output.value.tensor()), target)
        }
      }
      let started = try Self.staged(.transform) { try plan.start(on: image) }
      return try finish(plan, started, &annotations, layout, target)
    }
  }

  /// The draw of a picture, and what its operations give one after another.
  func replay(
    _ picture: PictureSource, _ annotations: Annotations
  ) throws -> (draw: Draw, output: PipelineOutput) {
    let image: Image
    switch picture {
    case .image(let ready, _): image = ready
    case .tensor(let tensor, _): image = try Image(planes: tensor)
    default:
      return try picture.withEncodedBytes(limits: recipe.policy.limits) { bytes in
        let (opened, plan) = try plan(decoding: bytes, annotations)
        return (
          plan.draw,
          try Self.staged(.decode) { try plan.executeStepwise(decoding: opened, annotations: annotations) }
        )
      }
    }
    let draw = try plan(image.size, image.format, annotations).draw
    return (draw, try Self.staged(.transform) { try draw.apply(to: image, annotations: annotations) })
  }

  private func plan(
    decoding bytes: UnsafeRawBufferPointer, _ annotations: Annotations
  ) throws -> (picture: OpenedPicture, plan: Plan) {
    let picture = try Self.staged(.header) { try OpenedPicture(bytes, policy: recipe.policy) }
    let (size, format) = ImageDecoder().info(for: picture.header, policy: recipe.policy)
    return (picture, try plan(size, format, annotations, header: picture.header))
  }

  private func plan(
    _ size: Size, _ format: PixelFormat, _ annotations: Annotations, header: ImageHeader? = nil
  ) throws -> Plan {
    let info = PictureInfo(
      size: size, format: format, boxes: annotations.boxes, generation: recipe.generation)
    return try Self.staged(.transform) {
      try Plan(
        try recipe.pipeline.draw(for: info, using: random, firstStep: firstStep), policy: recipe.policy,
        header: header)
    }
  }

  private func finish(
    _ plan: Plan, _ started: Plan.Started, _ annotations: inout Annotations, _ layout: ImageLayout,
    _ target: SampleLoader.Target
  ) throws -> Result {
    try Self.staged(.transform) {
      annotations = try plan.draw.move(annotations)
      var written: TensorInfo?
      let value = try plan.finish(
        started, dataType: layout.dataType, isChannelsLast: layout.channels == .last
      ) { info in
        guard let room = target(info) else { return nil }
        written = info
        return room
      }
      if let written { return .inPlace(written) }
      return try place(try layout.arranged(try value?.tensor() ?? .uint8(Tensor(shape: [0]))), target)
    }
  }

  /// Copies a tensor to where the target wants it, if it does.
  private func place(_ tensor: AnyTensor, _ target: SampleLoader.Target) throws -> Result {
    let info = TensorInfo(shape: tensor.shape, dataType: tensor.dataType)
    guard let room = target(info) else { return .tensor(tensor) }
    tensor.withUnsafeBytes {
      if let base = $0.baseAddress { room.copyMemory(from: base, byteCount: $0.count) }
    }
    return .inPlace(info)
  }

  private static func staged<R>(_ stage: Stage, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as TesseraError { throw error.with(stage: stage) }
  }
}

extension PipelineOutput.Value {
  /// The result as a tensor: pictures become planes of bytes, views are stacked.
  func tensor() throws -> AnyTensor {
    switch self {
    case .tensor(let tensor): tensor
    case .image(let image): try image.tensorByChannel()
    case .views(let images): try AnyTensor.stack(images.map { try $0.tensorByChannel() })
    }
  }
}

extension Image {
  /// The picture whose planes a `uint8` tensor `[C, H, W]` holds.
  init(planes tensor: AnyTensor) throws {
    guard case .uint8(let planes) = tensor, planes.shape.count == 3,
      let format = PixelFormat.ofChannels(planes.shape[0])
    else {
      throw TesseraError(
        .invalidInput(
          operation: "a pipeline on a stored tensor", expected: "uint8 [C, H, W] with 1 to 4 channels",
          got: "\(tensor.shape) \(tensor.dataType.rawValue)"), stage: .transform)
    }
    let pixels = tensor.channelsLast()
    self.init(size: Size(width: planes.shape[2], height: planes.shape[1]), format: format) { bytes in
      pixels.withUnsafeBytes { bytes.copyMemory(from: $0) }
    }
  }
}

extension PixelFormat {
  /// The 8-bit format of so many channels.
  static func ofChannels(_ count: Int) -> PixelFormat? {
    [1: .gray, 2: .grayAlpha, 3: .rgb, 4: .rgba][count]
  }
}
