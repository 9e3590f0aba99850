public import TesseraCodecs
public import TesseraTransforms

/// How a sample's pictures become tensors: a pipeline, the policy of decoding, the generation of resampling.
public struct Recipe: Sendable {
  public var pipeline: Pipeline
  public var policy: DecodePolicy
  public var generation: PillowGeneration
  /// Steps that were done before the pipeline's first (by a cache): its randomness is counted from there, so
  /// that a cache changes no draw.
  public var firstStep: Int

  public init(
    _ pipeline: Pipeline, policy: DecodePolicy = .tessera, generation: PillowGeneration = .newest,
    firstStep: Int = 0
  ) {
    self.pipeline = pipeline
    self.policy = policy
    self.generation = generation
    self.firstStep = firstStep
  }

  /// Everything that decides a result, as text.
  package var summary: String { "\(pipeline.text); \(policy); \(generation.rawValue); \(firstStep)" }
}
