public import TesseraCore

extension Draw {
  /// Does the operations one after another, each on whole pictures: the specification of every plan.
  ///
  /// - Throws: `invalidInput` if `image` is not the picture that was drawn for.
  public func apply(to image: Image, annotations: Annotations = Annotations()) throws -> PipelineOutput {
    guard image.size == input.size, image.format == input.format else { throw wrongPicture(image) }
    var value = PipelineOutput.Value.image(image)
    for operation in operations { value = try Self.apply(operation, to: value) }
    return PipelineOutput(value, annotations: try move(annotations))
  }

  static func apply(
    _ operation: any Operation, to value: PipelineOutput.Value
  ) throws -> PipelineOutput.Value {
    switch (operation, value) {
    case (is any AnnotationOperation, _): value
    case (let operation as any ImageOperation, .image(let image)): .image(try operation.apply(to: image))
    case (let operation as any ImageOperation, .views(let images)):
      .views(try images.map { try operation.apply(to: $0) })
    case (let operation as any ViewsOperation, .image(let image)): .views(try operation.apply(to: image))
    case (let operation as any ConversionOperation, .image(let image)):
      .tensor(try operation.tensor(from: image))
    case (let operation as any ConversionOperation, .views(let images)):
      .tensor(try AnyTensor.stack(images.map { try operation.tensor(from: $0) }))
    case (let operation as any TensorOperation, .tensor(let tensor)):
      .tensor(try operation.apply(to: tensor))
    case (_, .tensor): throw misplaced(operation, isTensor: true)
    default: throw misplaced(operation, isTensor: false)
    }
  }

  /// Moves masks, boxes and keypoints as the operations move the picture.
  ///
  /// - Throws: `invalidInput` if there are some and the picture becomes several views.
  public func move(_ annotations: Annotations) throws -> Annotations {
    guard !annotations.isEmpty else { return annotations }
    var moved = annotations
    var before = input
    for (operation, after) in zip(operations, infos) {
      switch operation {
      case let operation as any GeometricOperation:
        moved.masks = try moved.masks.map { try operation.apply(toMask: $0) }
        moved.boxes = moved.boxes.map { operation.move($0, in: before) }
        moved.keypoints = moved.keypoints.map { operation.move($0, in: before) }
      case let operation as any AnnotationOperation:
        moved = try operation.apply(to: moved, in: before)
      case is any ViewsOperation:
        throw TesseraError(
          .invalidInput(
            operation: type(of: operation).schema.name,
            expected: "a picture without masks, boxes and keypoints",
            got: "a picture with some: they cannot follow into several views"))
      default: break
      }
      before = after
    }
    return moved
  }

  func wrongPicture(_ image: Image) -> TesseraError {
    TesseraError(
      .invalidInput(
        operation: "draw", expected: "the picture it was made for (\(input.size) \(input.format.pillowMode))",
        got: image.description))
  }

  static func misplaced(_ operation: any Operation, isTensor: Bool) -> TesseraError {
    TesseraError(
      .invalidInput(
        operation: type(of: operation).schema.name, expected: "a picture of its own kind",
        got: isTensor ? "a tensor" : "an image"))
  }
}
