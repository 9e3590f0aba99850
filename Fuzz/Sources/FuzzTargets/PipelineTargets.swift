internal import TesseraCodecs
internal import TesseraCore
internal import TesseraTransforms

extension FuzzTarget {
  static let pipelines = [
    FuzzTarget("pipeline") {
      try PipelineCheck.run(Pipeline(text: String(decoding: $0, as: UTF8.self)), "text", $0)
    },
    FuzzTarget("yaml") {
      try PipelineCheck.run(Pipeline(yaml: String(decoding: $0, as: UTF8.self)), "YAML", $0)
    },
    FuzzTarget("huggingface") {
      try PipelineCheck.run(Pipeline(huggingFace: String(decoding: $0, as: UTF8.self)), "a configuration", $0)
    },
    FuzzTarget("plan") { try PlanCheck.run($0) },
  ]
}

/// A pipeline that was read prints back to itself, and does on a picture what its steps do.
enum PipelineCheck {
  static func run(_ pipeline: Pipeline, _ source: String, _ bytes: UnsafeRawBufferPointer) throws {
    let text = pipeline.text
    let forms: [(String, (Pipeline) throws -> Pipeline)] = [
      ("text", { try Pipeline(text: $0.text) }), ("YAML", { try Pipeline(yaml: $0.yaml) }),
      ("JSON", { try Pipeline(json: $0.json) }),
    ]
    for (name, read) in forms {
      let back: Pipeline
      do { back = try read(pipeline) } catch {
        throw BrokenPromise(description: "'\(text)' of \(source) cannot be read as \(name): \(error)")
      }
      try BrokenPromise.unless(
        back.text == text, "'\(text)' of \(source) reads back from \(name) as '\(back.text)'")
    }
    var chance = Input.chance(bytes)
    let size = Size(width: chance.integer(in: 1...24), height: chance.integer(in: 1...24))
    let format = PixelFormat.allCases[chance.integer(in: 0...PixelFormat.allCases.count - 1)]
    try PlanCheck.compare(pipeline, PlanCheck.picture(size, format, &chance), seed: chance.next64())
  }
}

/// The plan gives bit for bit what the steps give one after another (law 1), in memory and from files.
enum PlanCheck {
  /// Pictures grow to no more: a plan that would is refused.
  private static let limit = 1 << 15
  private static let policy = DecodePolicy(limits: DecodeLimits(pixels: limit))

  static func picture(_ size: Size, _ format: PixelFormat, _ chance: inout RandomStream) -> Image {
    let isSmooth = chance.bernoulli(0.5)
    return Image(size: size, format: format) { bytes in
      for place in bytes.indices {
        let noise = Int(chance.next32() >> 24)
        bytes[place] = UInt8(truncatingIfNeeded: isSmooth ? place / 3 + noise & 7 : noise)
      }
    }
  }

  /// Does both, or sees both refuse.
  static func compare(_ pipeline: Pipeline, _ image: Image, seed: UInt64) throws {
    let info = PictureInfo(size: image.size, format: image.format)
    let draw = try pipeline.draw(for: info, using: RandomStream(seed: seed))
    guard draw.infos.allSatisfy({ isSmall($0) }) else { return }
    let plan = try Plan(draw, policy: policy)
    let expected: PipelineOutput
    do { expected = try draw.apply(to: image) } catch let error as TesseraError {
      do { _ = try plan.execute(on: image) } catch is TesseraError { return }
      throw BrokenPromise(
        description: "\(pipeline.text): the steps refuse (\(error)), the plan \(plan) does not")
    }
    let output: PipelineOutput
    do { output = try plan.execute(on: image) } catch {
      throw BrokenPromise(description: "\(pipeline.text) on \(image): the plan \(plan) refuses: \(error)")
    }
    try BrokenPromise.unless(
      isSame(output, expected), "\(pipeline.text) on \(image), seed \(seed): \(plan) gives other pixels")
  }

  private static func isSmall(_ info: PictureInfo) -> Bool {
    let (area, isOver) = info.size.width.multipliedReportingOverflow(by: info.size.height)
    let views = max(info.views ?? 1, 1)
    return !isOver && area <= limit && views <= limit && area * views <= 8 * limit
  }

  /// Equal bit by bit, so that a NaN equals itself.
  private static func isSame(_ a: PipelineOutput, _ b: PipelineOutput) -> Bool {
    guard case .tensor(let a) = a.value, case .tensor(let b) = b.value else { return a == b }
    return a.shape == b.shape && a.dataType == b.dataType
      && a.withUnsafeBytes { a in b.withUnsafeBytes { a.elementsEqual($0) } }
  }

  /// Bytes choose a picture, steps with their numbers, and whether it comes from a file.
  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    var input = Input(bytes)
    let size = Size(width: 1 + input.number(below: 48), height: 1 + input.number(below: 48))
    let format = input.one(of: PixelFormat.allCases)
    let source = input.number(below: 8)
    var chance = RandomStream(seed: UInt64(input.byte()))
    let image = picture(size, format, &chance)
    var steps: [String] = []
    while !input.isEmpty, steps.count < 8 { steps.append(PlanSteps.step(&input)) }
    let pipeline = try Pipeline(text: steps.joined(separator: "|"))
    switch source {
    case 0, 1:
      try compareFile(pipeline, JPEGEncoder(quality: 90, progressive: source == 1).encode(image), chance)
    case 2: try compareFile(pipeline, PNGEncoder().encode(image), chance)
    default: try compare(pipeline, image, seed: chance.next64())
    }
  }

  private static func compareFile(_ pipeline: Pipeline, _ file: [UInt8], _ random: RandomStream) throws {
    var chance = random
    var policy = policy
    policy.alpha = chance.bernoulli(0.5) ? .keep : .drop
    policy.output = chance.bernoulli(0.5) ? .asStored : .rgb
    policy.decodeScale = chance.bernoulli(0.3) ? .fast : .exact
    let header = try ImageHeader(bytes: file, policy: policy)
    let decoded = ImageDecoder().info(for: header, policy: policy)
    let draw = try pipeline.draw(
      for: PictureInfo(size: decoded.size, format: decoded.format), using: RandomStream(seed: chance.next64())
    )
    guard draw.infos.allSatisfy({ isSmall($0) }) else { return }
    let plan = try Plan(draw, policy: policy, header: header)
    let expected = try file.withUnsafeBytes { try plan.executeStepwise(decoding: $0) }
    let output: PipelineOutput
    do { output = try file.withUnsafeBytes { try plan.execute(decoding: $0) } } catch {
      throw BrokenPromise(
        description: "\(pipeline.text) of \(header.format) \(header.size): \(plan): \(error)")
    }
    try BrokenPromise.unless(
      isSame(output, expected),
      "\(pipeline.text) of \(header.format) \(header.size): \(plan) gives other pixels")
  }
}
