public import TesseraCodecs
import TesseraCore

/// What a plan does with one picture, stage by stage, beside the same steps done one after another.
public struct PlanExplanation: Sendable {
  /// One stage, with the median time of several runs.
  public struct Stage: Sendable {
    /// The decoder, or the operations as pipeline text.
    public var name: String
    /// What is done, left out or joined, in words.
    public var detail: String
    public var milliseconds: Double
  }

  /// The plan's stages.
  public var planned: [Stage]
  /// Operations as pipeline text that the plan does not do, and why.
  public var leftOut: [(name: String, reason: String)]
  /// Decoding the whole picture, and every operation on whole pictures.
  public var stepwise: [Stage]
  /// Whether both gave the same bits.
  public var isEqual: Bool
  /// What comes out: a picture's size and mode, or a tensor's shape and type.
  public var output: String

  public var plannedMilliseconds: Double { planned.reduce(0) { $0 + $1.milliseconds } }
  public var stepwiseMilliseconds: Double { stepwise.reduce(0) { $0 + $1.milliseconds } }
}

extension Plan {
  /// Does the plan and its steps `rounds` times each, in turns, and tells where the time goes.
  ///
  /// - Throws: what the decoder and the operations throw.
  public func explanation(
    decoding bytes: UnsafeRawBufferPointer, header: ImageHeader, rounds: Int = 9
  ) throws -> PlanExplanation {
    try Self.check(stepwise: steps, limit: decode.policy.limits.pixels)
    // Once without a clock: the first run's memory is new, and its tables are not made yet.
    _ = try (timed(bytes), timedStepwise(bytes))
    var planned = try timed(bytes)
    var stepwise = try timedStepwise(bytes)
    for _ in 1..<max(1, rounds) {
      planned.add(try timed(bytes))
      stepwise.add(try timedStepwise(bytes))
    }
    return PlanExplanation(
      planned: zip(plannedWords(header), planned.medians).map {
        PlanExplanation.Stage(name: $0.name, detail: $0.detail, milliseconds: $1)
      },
      leftOut: leftOut,
      stepwise: zip(stepwiseWords(header), stepwise.medians).map {
        PlanExplanation.Stage(name: $0.name, detail: $0.detail, milliseconds: $1)
      },
      isEqual: planned.value == stepwise.value, output: planned.value.summary)
  }
}

// MARK: - Time

/// Nanoseconds of each stage, a list for each run, and what came out.
private struct Timing {
  var runs: [[UInt64]]
  var value: PipelineOutput.Value

  mutating func add(_ other: Timing) { runs += other.runs }

  /// Median milliseconds of each stage.
  var medians: [Double] {
    runs[0].indices.map { stage in
      let sorted = runs.map { $0[stage] }.sorted()
      return Double(sorted[sorted.count / 2]) / 1e6
    }
  }
}

/// Calls `body` and appends the nanoseconds that it took.
private func measure<R>(_ times: inout [UInt64], _ body: () throws -> R) rethrows -> R {
  let start = Clock.nanoseconds()
  defer { times.append(Clock.nanoseconds() - start) }
  return try body()
}

extension Plan {
  private func timed(_ bytes: UnsafeRawBufferPointer) throws -> Timing {
    var times: [UInt64] = []
    var resizing: UInt64 = 0
    let started = try measure(&times) {
      try start(decoding: OpenedPicture(bytes, policy: decode.policy)) { resizing += $0 }
    }
    if head != nil {
      times[0] -= min(resizing, times[0])
      times.append(resizing)
    }
    var state = PlanState.windows([started.window], isViews: false)
    for step in middle { try measure(&times) { try state.apply(step) } }
    if let pass, case .windows(let windows, let isViews) = state {
      state = .tensor(measure(&times) { pass.tensor(windows, isViews: isViews) })
    }
    for operation in tail { try measure(&times) { try state.apply(operation) } }
    return Timing(runs: [times], value: try state.value())
  }

  private func timedStepwise(_ bytes: UnsafeRawBufferPointer) throws -> Timing {
    var times: [UInt64] = []
    var value = PipelineOutput.Value.image(
      try measure(&times) {
        try ImageDecoder().decode(
          bytes, DecodeRequest(policy: decode.policy, scale: decode.scale, lumaOnly: decode.lumaOnly))
      })
    for operation in steps.operations {
      value = try measure(&times) { try Draw.apply(operation, to: value) }
    }
    return Timing(runs: [times], value: value)
  }
}

// MARK: - Words

extension Plan {
  private typealias Words = (name: String, detail: String)

  private func plannedWords(_ header: ImageHeader) -> [Words] {
    var words: [Words] = [("decode", decodeWords(header).joined(separator: "; "))]
    if let head { words.append((PlanStep.text(head.operations), headWords(head))) }
    for step in middle {
      switch step {
      case .operation(let operation): words.append((step.text, Self.detail(of: operation)))
      case .points(let points):
        words.append((PlanStep.text(points), "\(points.count) steps as one table of 256 values"))
      }
    }
    if let pass { words.append((PlanStep.text(pass.operations), passWords(pass))) }
    words += tail.map { (PlanStep.text([$0]), "on the tensor, by itself") }
    return words
  }

  /// What changes nothing, and flips that undo each other.
  private var leftOut: [(name: String, reason: String)] {
    var before = steps.input
    var left: [(name: String, reason: String)] = []
    for (operation, after) in zip(steps.operations, steps.infos) {
      if let reason = PlanStep.reasonToLeaveOut(operation, before) {
        left.append((PlanStep.text([operation]), reason))
      }
      before = after
    }
    var part = MirroredRect(Rect(steps.input.size))
    let flips = PlanStep.effective(steps).prefix { part.take($0) }.filter { $0 is HorizontalFlip }
    if flips.count > 1 {
      let text = PlanStep.text(Array(flips.prefix(flips.count / 2 * 2)))
      left.append((text, "every second flip undoes the one before"))
    }
    return left
  }

  private func decodeWords(_ header: ImageHeader) -> [String] {
    var words = ["\(header.format.name) \(header.size)"]
    if decode.scale > 1 {
      words.append("at 1/\(decode.scale) of its size (decode scale \(decode.policy.decodeScale))")
    }
    if decode.lumaOnly { words.append("luma alone") }
    let whole = steps.input.size
    if let part = decode.region {
      let share = Double(part.size.area) / Double(max(1, whole.area)) * 100
      words.append("window \(part) of \(whole), \(Int(share.rounded())) % of the pixels")
      let isTurned = decode.policy.orientation == .apply && header.orientation != .upright
      switch header.format {
      case .jpeg where !isTurned && part.bottom < whole.height:
        words.append("a sound file is not decoded below the window's last row")
      case .jpeg: break
      case .png: words.append("inflated to its end, for the checksum; unfiltered to the window's last row")
      default: words.append("decoded whole, then cut")
      }
    } else {
      words.append("all of it")
    }
    if decode.policy.orientation == .apply && header.orientation != .upright {
      words.append("the window alone is turned upright")
    }
    if part.isMirrored && head == nil { words.append("flipped when the pixels are next read") }
    return words
  }

  private func headWords(_ head: ResizeHead) -> String {
    var words = ["fed by the decoder's rows as they come"]
    if part.isMirrored { words.append("the flip before it is in its weights") }
    if head.operations.count > 1 { words.append("makes only what the crop keeps, \(head.outputSize)") }
    return words.joined(separator: "; ")
  }

  private static func detail(of operation: any Operation) -> String {
    switch operation {
    case is Crop: "a smaller view, nothing is copied"
    case is HorizontalFlip: "noted, and done when the pixels are next read"
    case is any RegionOperation: "reads its part in place"
    case is any ViewsOperation: "makes several pictures of one"
    case is any AnnotationOperation: "no pixels"
    case is any ConversionOperation: "by itself: it is no table of a byte"
    default: "on the whole picture as it is then"
    }
  }

  private func passWords(_ pass: TensorPass) -> String {
    let what = pass.operations.count == 1 ? "one step" : "\(pass.operations.count) steps"
    return
      "\(what) as one pass over a table of 256 values a channel (here into a new tensor, in a loader into the batch)"
  }

  private func stepwiseWords(_ header: ImageHeader) -> [Words] {
    [("decode", "\(header.format.name) \(steps.input.size), all of it")]
      + steps.operations.map { (PlanStep.text([$0]), "on the whole picture") }
  }
}

extension PipelineOutput.Value {
  /// A picture's size and mode, or a tensor's shape and type.
  fileprivate var summary: String {
    switch self {
    case .image(let image): "picture \(image.size) \(image.format.pillowMode)"
    case .views(let images):
      "\(images.count) pictures \(images.first.map { "\($0.size) \($0.format.pillowMode)" } ?? "")"
    case .tensor(let tensor): "tensor \(tensor.shape) \(tensor.dataType.rawValue)"
    }
  }
}
