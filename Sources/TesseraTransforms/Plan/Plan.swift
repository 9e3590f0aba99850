public import TesseraCodecs
public import TesseraCore

/// What a draw compiles to: one decode request, the operations on pixels, and one last pass to the tensor.
///
/// A plan gives bit for bit what `Draw.apply` gives (law 1: the plan never changes a pixel). It does less:
/// leading crops go to the decoder, crops copy nothing, a resize reads its region in place, and a flip,
/// the conversion, the scaling and the normalisation are one pass over a table.
public struct Plan: Sendable {
  /// The draw that the plan carries out.
  public let draw: Draw
  /// What the decoder is to produce.
  public let decode: DecodeRequest
  /// Operations before the last pass; those that the decoder does are left out.
  private let operations: ArraySlice<any Operation>
  /// The conversion to a tensor and what folds into it; nil if the pipeline gives images or cannot be a table.
  private let pass: TensorPass?
  /// Operations on the tensor after the pass.
  private let tail: ArraySlice<any Operation>

  /// Compiles a draw.
  ///
  /// - Parameter policy: how the picture is decoded; the draw must have been made for what it gives.
  public init(_ draw: Draw, policy: DecodePolicy = .tessera) throws {
    self.draw = draw
    var rest = draw.operations[...]
    var region: Rect?
    while let crop = rest.first as? Crop {
      region = Rect(
        x: (region?.x ?? 0) + crop.rect.x, y: (region?.y ?? 0) + crop.rect.y, width: crop.rect.width,
        height: crop.rect.height)
      rest = rest.dropFirst()
    }
    self.decode = DecodeRequest(policy: policy, region: region)
    if let at = rest.firstIndex(where: { $0 is any ConversionOperation }) {
      let format = at == 0 ? draw.input.format : draw.infos[at - 1].format
      self.pass = try TensorPass(rest[at...], format: format)
      self.operations = rest[..<(pass == nil ? rest.endIndex : at)]
      self.tail = pass.map { rest[(at + $0.operationCount)...] } ?? rest[rest.endIndex...]
    } else {
      self.pass = nil
      self.operations = rest
      self.tail = rest[rest.endIndex...]
    }
  }

  /// Decodes `bytes` and does the rest.
  ///
  /// - Throws: what the decoder and the operations throw, with its stage.
  public func execute(
    decoding bytes: UnsafeRawBufferPointer, annotations: Annotations = Annotations()
  ) throws -> PipelineOutput {
    let image = try ImageDecoder().decode(bytes, decode)
    do { return try run(on: image, annotations: annotations) } catch let error as TesseraError {
      throw error.with(stage: .transform)
    }
  }

  /// Does the plan on a picture that is already decoded (whole, not cropped).
  public func execute(
    on image: Image, annotations: Annotations = Annotations()
  ) throws -> PipelineOutput {
    guard image.size == draw.input.size, image.format == draw.input.format else {
      throw draw.wrongPicture(image)
    }
    guard let region = decode.region else { return try run(on: image, annotations: annotations) }
    var window = ImageWindow(image)
    window.narrow(to: region)
    return try run(on: window, annotations: annotations)
  }

  private func run(on image: Image, annotations: Annotations) throws -> PipelineOutput {
    try run(on: ImageWindow(image), annotations: annotations)
  }

  private func run(on window: ImageWindow, annotations: Annotations) throws -> PipelineOutput {
    PipelineOutput(try tensors(of: operated(window)).value(), annotations: try draw.move(annotations))
  }

  /// The picture after the operations before the last pass.
  private func operated(_ window: ImageWindow) throws -> PlanState {
    var state = PlanState.windows([window], isViews: false)
    for operation in operations { try state.apply(operation) }
    return state
  }

  /// The last pass and what follows it.
  private func tensors(of operated: PlanState) throws -> PlanState {
    var state = operated
    if let pass, case .windows(let windows, let isViews) = state {
      state = .tensor(.float32(pass.tensor(windows, isViews: isViews)))
    }
    for operation in tail { try state.apply(operation) }
    return state
  }
}

extension Plan {
  /// Decodes what the plan needs of a picture: the first half of `execute(decoding:)`, for callers that measure.
  package func decodePicture(_ bytes: UnsafeRawBufferPointer) throws -> Image {
    try ImageDecoder().decode(bytes, decode)
  }

  /// The second half: everything behind the decoder, perhaps straight into the caller's memory.
  ///
  /// - Parameters:
  ///   - image: what `decodePicture` gave, or the whole picture where `isWhole`.
  ///   - target: offered shape and type of the result; gives memory for it, or nil to have it as a value. It is
  ///     asked only where the last pass ends the plan: then nothing is copied.
  /// - Returns: nil if the result was written to the target.
  package func finish(
    _ image: Image, isWhole: Bool, into target: (TensorInfo) -> UnsafeMutableRawPointer?
  ) throws -> PipelineOutput.Value? {
    var window = ImageWindow(image)
    if isWhole {
      guard image.size == draw.input.size, image.format == draw.input.format else {
        throw draw.wrongPicture(image)
      }
      if let region = decode.region { window.narrow(to: region) }
    }
    let state = try operated(window)
    if let pass, tail.isEmpty, case .windows(let windows, let isViews) = state,
      let room = target(pass.info(windows, isViews: isViews))
    {
      pass.write(windows, to: room.assumingMemoryBound(to: Float.self))
      return nil
    }
    return try tensors(of: state).value()
  }
}

extension Plan: CustomStringConvertible {
  /// The stages in order, as `tessera` prints them.
  public var description: String {
    func text(_ operations: ArraySlice<any Operation>) -> String {
      PipelinePrinter.text(operations.map { TransformRegistry.node(of: $0) })
    }
    var stages = ["decode" + (decode.region.map { " \($0)" } ?? "")]
    if !operations.isEmpty { stages.append(text(operations)) }
    if let pass {
      let start = operations.endIndex
      stages.append("pass[\(text(draw.operations[start..<start + pass.operationCount]))]")
    }
    if !tail.isEmpty { stages.append(text(tail)) }
    return stages.joined(separator: " → ")
  }
}

/// The picture on its way through a plan.
private enum PlanState {
  case windows([ImageWindow], isViews: Bool)
  case tensor(AnyTensor)

  mutating func apply(_ operation: any Operation) throws {
    switch self {
    case .windows(var windows, let isViews):
      switch operation {
      case let crop as Crop:
        for i in windows.indices { windows[i].narrow(to: crop.rect) }
      case is HorizontalFlip:
        for i in windows.indices { windows[i].mirror() }
      case let operation as any RegionOperation:
        windows = try windows.map { window in
          let plain = try window.unmirrored()
          return ImageWindow(try operation.apply(to: plain.image, region: plain.region))
        }
      case let operation as any ImageOperation:
        windows = try windows.map { ImageWindow(try operation.apply(to: $0.materialised())) }
      case let operation as any ViewsOperation where !isViews:
        let views = try operation.apply(to: windows[0].materialised())
        self = .windows(views.map { ImageWindow($0) }, isViews: true)
        return
      case is any AnnotationOperation: break
      case let conversion as any ConversionOperation:
        let tensors = try windows.map { try conversion.tensor(from: $0.materialised()) }
        self = .tensor(isViews ? try AnyTensor.stack(tensors) : tensors[0])
        return
      default: throw Draw.misplaced(operation, isTensor: false)
      }
      self = .windows(windows, isViews: isViews)
    case .tensor(let tensor):
      guard let operation = operation as? any TensorOperation else {
        throw Draw.misplaced(operation, isTensor: true)
      }
      self = .tensor(try operation.apply(to: tensor))
    }
  }

  func value() throws -> PipelineOutput.Value {
    switch self {
    case .windows(let windows, false): .image(try windows[0].materialised())
    case .windows(let windows, true): .views(try windows.map { try $0.materialised() })
    case .tensor(let tensor): .tensor(tensor)
    }
  }
}
