public import TesseraCodecs
public import TesseraTransforms

/// A stream whose samples carry a pipeline: what `map` makes.
public struct MappedStream<Base: IterableDataset>: IterableDataset {
  public let base: Base
  public let recipe: Recipe

  public init(_ base: Base, recipe: Recipe) {
    self.base = base
    self.recipe = recipe
  }

  public var classes: [String] { base.classes }

  public func makeReader(epoch: UInt64) throws -> any SampleReader {
    Reader(try base.makeReader(epoch: epoch), recipe)
  }

  public func fingerprint() throws -> Fingerprint {
    Fingerprint("map", try base.fingerprint().hex, recipe.summary)
  }

  private final class Reader: SampleReader {
    private let base: any SampleReader
    private let recipe: Recipe

    init(_ base: any SampleReader, _ recipe: Recipe) {
      self.base = base
      self.recipe = recipe
    }

    func next() throws -> Sample? { try base.next()?.followed(by: recipe) }
  }
}

extension IterableDataset {
  /// The same stream, each picture through transforms written one a line.
  public func map(
    policy: DecodePolicy = .tessera, generation: PillowGeneration = .newest,
    @PipelineBuilder _ build: () -> PipelineBuilder.Result
  ) -> MappedStream<Self> {
    map(Pipeline(build), policy: policy, generation: generation)
  }

  /// The same stream, each picture through a pipeline.
  public func map(
    _ pipeline: Pipeline, policy: DecodePolicy = .tessera, generation: PillowGeneration = .newest
  ) -> MappedStream<Self> {
    MappedStream(self, recipe: Recipe(pipeline, policy: policy, generation: generation))
  }
}
