package import TesseraCodecs
package import TesseraCore
package import TesseraTransforms

/// From one file to what the pipeline makes of it: read, header, draw, decode, transform.
package struct PictureWorker: Sendable {
  package var pipeline: Pipeline
  package var policy: DecodePolicy
  package var generation: PillowGeneration
  package var seed: UInt64

  package init(pipeline: Pipeline, policy: DecodePolicy, generation: PillowGeneration, seed: UInt64) {
    self.pipeline = pipeline
    self.policy = policy
    self.generation = generation
    self.seed = seed
  }

  /// What a picture is to the pipeline, from its header alone.
  package func info(of header: ImageHeader) -> PictureInfo {
    let (size, format) = ImageDecoder().info(for: header, policy: policy)
    return PictureInfo(size: size, format: format, generation: generation)
  }

  /// The numbers that chance gives picture `sample`.
  package func draw(for header: ImageHeader, sample: Int, epoch: UInt64 = 0) throws -> Draw {
    try policy.limits.check(header.size)
    let random = RandomStream(seed: seed, epoch: epoch, sample: UInt64(sample))
    do { return try pipeline.draw(for: info(of: header), using: random) } catch let error as TesseraError {
      throw error.with(stage: .transform)
    }
  }

  /// What the file's header says. Reads no more of the file than that needs.
  package func header(of entry: PictureFile) throws -> ImageHeader {
    try stage(.header) { try entry.header() }
  }

  /// Runs picture `sample` through the pipeline.
  ///
  /// - Parameter post: where the thread says what it is at; the sample is begun there.
  /// - Throws: `TesseraError` with the stage.
  package func run(
    _ entry: PictureFile, sample: Int, epoch: UInt64 = 0, post: StallWatch.Post? = nil
  ) throws -> (output: PipelineOutput, header: ImageHeader) {
    let bytes = try read(entry)
    post?.enter(.decode)
    let header = try stage(.header) { try ImageHeader(bytes: bytes) }
    let draw = try draw(for: header, sample: sample, epoch: epoch)
    let plan = try stage(.transform) { try Plan(draw, policy: policy, header: header) }
    let output = try stage(.decode) { try bytes.withUnsafeBytes { try plan.execute(decoding: $0) } }
    return (output, header)
  }

  /// Decodes a picture without the pipeline.
  package func original(_ entry: PictureFile) throws -> Image {
    let bytes = try read(entry)
    return try stage(.decode) { try ImageDecoder().decode(bytes, DecodeRequest(policy: policy)) }
  }

  private func read(_ entry: PictureFile) throws -> [UInt8] {
    try entry.source.encodedBytes(limits: policy.limits) ?? []
  }

  private func stage<R>(_ stage: Stage, _ body: () throws -> R) throws -> R {
    do { return try body() } catch let error as TesseraError { throw error.with(stage: stage) }
  }
}
