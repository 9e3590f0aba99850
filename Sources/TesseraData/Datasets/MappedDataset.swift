public import TesseraCodecs
public import TesseraCore
public import TesseraTransforms

/// A dataset whose samples carry a pipeline: what `map` makes.
public struct MappedDataset<Base: Dataset>: Dataset {
  public let base: Base
  public let recipe: Recipe

  public init(_ base: Base, recipe: Recipe) {
    self.base = base
    self.recipe = recipe
  }

  public var count: Int { base.count }
  public var classes: [String] { base.classes }
  public func label(at index: Int) throws -> Int? { try base.label(at: index) }

  public func validate(checkingFiles: Bool) -> [TesseraError] {
    base.validate(checkingFiles: checkingFiles)
  }

  /// The base's sample with the pipeline behind its own, where it has one.
  public func sample(at index: Int) throws -> Sample {
    try base.sample(at: index).followed(by: recipe)
  }

  public func fingerprint() throws -> Fingerprint {
    Fingerprint("map", try base.fingerprint().hex, recipe.summary)
  }
}

extension Dataset {
  /// The same data, each picture through transforms written one a line.
  ///
  ///     let train = try ImageFolder("data/train").map {
  ///       RandomResizedCrop(224)
  ///       ToTensor()
  ///     }
  public func map(
    policy: DecodePolicy = .tessera, generation: PillowGeneration = .newest,
    @PipelineBuilder _ build: () -> PipelineBuilder.Result
  ) -> MappedDataset<Self> {
    map(Pipeline(build), policy: policy, generation: generation)
  }

  /// The same data, each picture through a pipeline.
  public func map(
    _ pipeline: Pipeline, policy: DecodePolicy = .tessera, generation: PillowGeneration = .newest
  ) -> MappedDataset<Self> {
    MappedDataset(self, recipe: Recipe(pipeline, policy: policy, generation: generation))
  }
}

extension Sample {
  /// The sample with a recipe behind its own, where it has one.
  ///
  /// - Throws: `invalidArgument` if the steps do not follow upon each other.
  func followed(by recipe: Recipe) throws -> Sample {
    var sample = self
    var joined = self.recipe ?? recipe
    if let first = self.recipe {
      joined.pipeline = try Pipeline(steps: first.pipeline.steps + recipe.pipeline.steps)
    }
    sample.recipe = joined
    return sample
  }
}
