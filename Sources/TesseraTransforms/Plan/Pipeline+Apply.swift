public import TesseraCodecs
public import TesseraCore

extension Pipeline {
  /// Draws for a picture and applies the draw to it.
  ///
  /// - Parameters:
  ///   - annotations: masks, boxes and keypoints that move along.
  ///   - random: the sample's stream; a deterministic pipeline never looks at it.
  /// - Throws: `invalidInput` if a step cannot take the picture.
  public func apply(
    to image: Image, annotations: Annotations = Annotations(), generation: PillowGeneration = .newest,
    using random: RandomStream = RandomStream(seed: 0)
  ) throws -> PipelineOutput {
    let info = PictureInfo(
      size: image.size, format: image.format, boxes: annotations.boxes, generation: generation)
    return try Plan(draw(for: info, using: random)).execute(on: image, annotations: annotations)
  }

  /// Decodes a picture in memory and applies the pipeline to it.
  ///
  /// - Throws: what the decoder or a step throws, with its stage.
  public func output(
    decoding bytes: UnsafeRawBufferPointer, policy: DecodePolicy = .tessera,
    generation: PillowGeneration = .newest, using random: RandomStream = RandomStream(seed: 0)
  ) throws -> PipelineOutput {
    let picture = try OpenedPicture(bytes, policy: policy)
    let header = picture.header
    let decoded = ImageDecoder().info(for: header, policy: policy)
    let info = PictureInfo(size: decoded.size, format: decoded.format, generation: generation)
    let plan: Plan
    do { plan = try Plan(draw(for: info, using: random), policy: policy, header: header) } catch let error
      as TesseraError
    {
      throw error.with(stage: .transform)
    }
    return try plan.execute(decoding: picture)
  }

  /// Reads a picture file and makes a tensor of it: `[C, H, W]`, or `[V, C, H, W]` with views.
  ///
  /// - Parameters:
  ///   - seed, epoch, sample: what the random steps' draws depend on.
  /// - Throws: `TesseraError` with path and stage; `invalidInput` if the pipeline does not end in a tensor.
  public func tensor(
    contentsOf path: String, policy: DecodePolicy = .tessera, generation: PillowGeneration = .newest,
    seed: UInt64 = 0, epoch: UInt64 = 0, sample: UInt64 = 0
  ) throws -> AnyTensor {
    let output: PipelineOutput
    do {
      let bytes = try ImageDecoder.read(path: path, limits: policy.limits)
      output = try bytes.withUnsafeBytes {
        try self.output(
          decoding: $0, policy: policy, generation: generation,
          using: RandomStream(seed: seed, epoch: epoch, sample: sample))
      }
    } catch let error as TesseraError {
      throw error.with(path: path)
    }
    guard case .tensor(let tensor) = output.value else {
      throw TesseraError(
        .invalidInput(
          operation: "tensor(contentsOf:)", expected: "a pipeline with to_tensor", got: text),
        path: path)
    }
    return tensor
  }
}
