public import TesseraCore

/// What chance decided for one picture: a list of operations without any chance left.
///
/// Printed as text a draw is itself a pipeline, so it can be stored and replayed.
public struct Draw: Sendable {
  /// The picture before the first operation.
  public let input: PictureInfo
  /// The operations in order.
  public private(set) var operations: [any Operation] = []
  /// `infos[i]` is what is known after operation `i`.
  public private(set) var infos: [PictureInfo] = []

  public init(input: PictureInfo) { self.input = input }

  /// What comes out: size, format, shape.
  public var output: PictureInfo { infos.last ?? input }

  /// Draws one more transform, for the picture as it is at this point.
  public mutating func append(_ transform: any Transform, using random: inout RandomStream) throws {
    for operation in try transform.draw(for: output, using: &random) { try append(operation) }
  }

  /// Appends an operation.
  public mutating func append(_ operation: any Operation) throws {
    let info = try operation.output(for: output)
    operations.append(operation)
    infos.append(info)
  }

  /// The draw as a pipeline that gives the same result every time.
  public var pipeline: Pipeline { Pipeline(checked: operations) }
}

/// What a pipeline makes of one picture.
public struct PipelineOutput: Sendable, Equatable {
  public enum Value: Sendable, Equatable {
    case image(Image)
    /// Several pictures of one (five crops, tiles).
    case views([Image])
    /// `[C, H, W]`, or `[V, C, H, W]` with views.
    case tensor(AnyTensor)
  }

  public var value: Value
  public var annotations: Annotations

  public init(_ value: Value, annotations: Annotations = Annotations()) {
    self.value = value
    self.annotations = annotations
  }
}

extension Draw {
  /// Does the operations one after another, each on whole pictures: the specification of every plan.
  ///
  /// - Throws: `invalidInput` if `image` is not the picture that was drawn for.
  public func apply(to image: Image, annotations: Annotations = Annotations()) throws -> PipelineOutput {
    guard image.size == input.size, image.format == input.format else {
      throw TesseraError(
        .invalidInput(
          operation: "draw",
          expected: "the picture it was made for (\(input.size) \(input.format.pillowMode))",
          got: image.description))
    }
    var state = PipelineOutput(.image(image), annotations: annotations)
    for (index, operation) in operations.enumerated() {
      let before = index == 0 ? input : infos[index - 1]
      try Self.step(operation, &state, before)
    }
    return state
  }

  private static func step(
    _ operation: any Operation, _ state: inout PipelineOutput, _ before: PictureInfo
  ) throws {
    if let operation = operation as? any GeometricOperation, !state.annotations.isEmpty {
      guard before.views == nil else { throw noAnnotations(operation) }
      state.annotations.masks = try state.annotations.masks.map { try operation.apply(toMask: $0) }
      state.annotations.boxes = state.annotations.boxes.map { operation.move($0, in: before) }
      state.annotations.keypoints = state.annotations.keypoints.map { operation.move($0, in: before) }
    }
    switch (operation, state.value) {
    case (let operation as any ImageOperation, .image(let image)):
      state.value = .image(try operation.apply(to: image))
    case (let operation as any ImageOperation, .views(let images)):
      state.value = .views(try images.map { try operation.apply(to: $0) })
    case (let operation as any AnnotationOperation, _):
      state.annotations = try operation.apply(to: state.annotations, in: before)
    case (let operation as any ViewsOperation, .image(let image)):
      guard state.annotations.isEmpty else { throw noAnnotations(operation) }
      state.value = .views(try operation.apply(to: image))
    case (let operation as any ConversionOperation, .image(let image)):
      state.value = .tensor(try operation.tensor(from: image))
    case (let operation as any ConversionOperation, .views(let images)):
      state.value = .tensor(try AnyTensor.stack(images.map { try operation.tensor(from: $0) }))
    case (let operation as any TensorOperation, .tensor(let tensor)):
      state.value = .tensor(try operation.apply(to: tensor))
    default:
      throw TesseraError(
        .invalidInput(
          operation: type(of: operation).schema.name, expected: "a picture of its own kind",
          got: before.tensor == nil ? "an image" : "a tensor"))
    }
  }

  private static func noAnnotations(_ operation: any Operation) -> TesseraError {
    TesseraError(
      .invalidInput(
        operation: type(of: operation).schema.name, expected: "a picture without masks, boxes and keypoints",
        got: "a picture with some: they cannot follow into several views"))
  }
}
