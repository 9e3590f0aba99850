internal import TesseraCodecs
public import TesseraCore
public import TesseraData
internal import TesseraTransforms

extension Processor {
  /// The same data, its pictures prepared for the tower.
  public func prepared(_ dataset: some Dataset) -> some Dataset { dataset.map(images, policy: Self.policy) }

  /// The size that every picture is brought to; nil where it hangs on the picture.
  ///
  /// Found by two pictures of sizes that no rule but a fixed size brings together.
  ///
  /// - Throws: as `pixels`.
  public func fixedSize() throws -> Size? {
    let shapes = try [Size(width: 61, height: 37), Size(width: 40, height: 95)].map { size in
      try pixels(.image(Image(size: size, format: .rgb), name: "a gray picture")).shape
    }
    guard shapes[0] == shapes[1] else { return nil }
    return Size(width: shapes[0][2], height: shapes[0][1])
  }

  /// As transformers reads pictures: Exif's orientation applied, made RGB as Pillow does.
  private static let policy = DecodePolicy(sixteenBit: .clip)

  /// A record's picture as the tower wants it.
  ///
  /// - Shape: `[C, height, width]` float32.
  /// - Throws: `TesseraError` with path and stage; `invalidInput` for a pipeline that makes no tensor or several views.
  public func pixels(_ source: PictureSource) throws -> TorchTensor {
    let output = try output(images, source)
    guard case .tensor(let tensor) = output.value, tensor.shape.count == 3 else {
      throw TesseraError(
        .invalidInput(
          operation: "a picture for the tower", expected: "a pipeline that gives one tensor [C, H, W]",
          got: images.text),
        path: path)
    }
    return TorchTensor(sharing: tensor)
  }

  /// A record's picture as the model sees it: after every step on images, before it becomes numbers.
  ///
  /// - Throws: as `pixels`.
  public func seen(_ source: PictureSource) throws -> Image {
    let steps = images.steps.prefix { !($0 is any TensorConversion) }
    let output = try output(Pipeline(steps: Array(steps)), source)
    guard case .image(let image) = output.value else {
      throw TesseraError(
        .invalidInput(operation: "showing a picture", expected: "one view", got: images.text), path: path)
    }
    return image
  }

  private func output(_ pipeline: Pipeline, _ source: PictureSource) throws -> PipelineOutput {
    do {
      if case .image(let image, _) = source { return try pipeline.apply(to: image) }
      guard let bytes = try source.encodedBytes(limits: Self.policy.limits) else {
        throw TesseraError(
          .invalidInput(operation: "a picture for the tower", expected: "an encoded picture", got: "a tensor")
        )
      }
      return try bytes.withUnsafeBytes { try pipeline.output(decoding: $0, policy: Self.policy) }
    } catch let error as TesseraError {
      throw error.with(path: source.name.isEmpty ? nil : source.name)
    }
  }
}
