package import TesseraCodecs
public import TesseraCore

extension Plan {
  /// Decodes `bytes` and does the rest.
  ///
  /// - Throws: what the decoder and the operations throw, with its stage.
  public func execute(
    decoding bytes: UnsafeRawBufferPointer, annotations: Annotations = Annotations()
  ) throws -> PipelineOutput {
    try execute(decoding: OpenedPicture(bytes, policy: decode.policy), annotations: annotations)
  }

  func execute(decoding picture: OpenedPicture, annotations: Annotations = Annotations()) throws
    -> PipelineOutput
  {
    let started = try start(decoding: picture)
    do { return try run(on: started, annotations: annotations) } catch let error as TesseraError {
      throw error.with(stage: .transform)
    }
  }

  /// Does the plan on a picture that is already decoded (whole, not cropped).
  public func execute(on image: Image, annotations: Annotations = Annotations()) throws -> PipelineOutput {
    try run(on: start(on: image), annotations: annotations)
  }

  /// Decodes `bytes` whole and does the steps one after another, each on whole pictures: what every other way of
  /// executing the plan gives too.
  ///
  /// - Throws: what the decoder and the operations throw, with its stage.
  package func executeStepwise(
    decoding picture: OpenedPicture, annotations: Annotations = Annotations()
  ) throws -> PipelineOutput {
    try Self.check(stepwise: steps, limit: decode.policy.limits.pixels)
    let image = try ImageDecoder().decode(
      picture, DecodeRequest(policy: decode.policy, scale: decode.scale, lumaOnly: decode.lumaOnly))
    do {
      return PipelineOutput(try steps.apply(to: image).value, annotations: try draw.move(annotations))
    } catch let error as TesseraError {
      throw error.with(stage: .transform)
    }
  }

  package func executeStepwise(
    decoding bytes: UnsafeRawBufferPointer, annotations: Annotations = Annotations()
  ) throws -> PipelineOutput {
    try executeStepwise(
      decoding: OpenedPicture(bytes, policy: decode.policy), annotations: annotations)
  }

  private func run(on started: Started, annotations: Annotations) throws -> PipelineOutput {
    PipelineOutput(try tensors(of: operated(started.window)).value(), annotations: try draw.move(annotations))
  }

  /// The picture after the operations before the last pass.
  private func operated(_ window: ImageWindow) throws -> PlanState {
    var state = PlanState.windows([window], isViews: false)
    for step in middle { try state.apply(step) }
    return state
  }

  /// The last pass and what follows it.
  private func tensors(of operated: PlanState) throws -> PlanState {
    var state = operated
    if let pass, case .windows(let windows, let isViews) = state {
      state = .tensor(pass.tensor(windows, isViews: isViews))
    }
    for operation in tail { try state.apply(operation) }
    return state
  }
}

extension Plan {
  /// A picture after the plan's beginning: decoded, cropped, and resized if the plan begins with that.
  package struct Started: Sendable {
    let window: ImageWindow
  }

  /// The first half of `execute(decoding:)`, for callers that measure.
  ///
  /// - Parameter resizing: is told the nanoseconds that went into the resize meanwhile.
  package func start(
    decoding picture: OpenedPicture, resizing: ((UInt64) -> Void)? = nil
  ) throws -> Started {
    let image =
      try head?.apply(decoding: picture, decode, spent: resizing) ?? ImageDecoder().decode(picture, decode)
    return Started(window: window(of: image))
  }

  /// The same for a picture that is decoded already (whole, not cropped).
  package func start(on image: Image) throws -> Started {
    guard image.size == steps.input.size, image.format == steps.input.format else {
      throw steps.wrongPicture(image)
    }
    if let head { return Started(window: window(of: head.apply(to: image, region: part.rect))) }
    var window = ImageWindow(image)
    window.narrow(to: part.rect)
    if part.isMirrored { window.mirror() }
    return Started(window: window)
  }

  /// What the head made, or the decoder if there is none, with the flip that is due.
  private func window(of image: Image) -> ImageWindow {
    var window = ImageWindow(image)
    if head?.isOutputMirrored ?? part.isMirrored { window.mirror() }
    return window
  }

  /// The second half, perhaps straight into the caller's memory.
  ///
  /// - Parameters:
  ///   - dataType: the floating-point type wanted; nil for the pipeline's own.
  ///   - isChannelsLast: whether channels come last in the caller's memory.
  ///   - target: offered shape and type of the result; gives memory for it, or nil to have it as a value (of the
  ///     pipeline's own type, channels first). It is asked only where the last pass ends the plan: then nothing is
  ///     copied.
  /// - Returns: nil if the result was written to the target.
  package func finish(
    _ started: Started, dataType: DataType? = nil, isChannelsLast: Bool = false,
    into target: (TensorInfo) -> UnsafeMutableRawPointer?
  ) throws -> PipelineOutput.Value? {
    let state = try operated(started.window)
    if let pass, tail.isEmpty, case .windows(let windows, let isViews) = state,
      let last = try dataType.map({ try pass.converted(to: $0) }) ?? pass,
      let room = target(last.info(windows, isViews: isViews, isChannelsLast: isChannelsLast))
    {
      last.write(windows, isChannelsLast: isChannelsLast, to: room)
      return nil
    }
    return try tensors(of: state).value()
  }
}
