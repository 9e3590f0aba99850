internal import TesseraCore
internal import TesseraData

/// The loss on data that is not trained on.
public final class HeldOutLoss {
  /// What it came to.
  public struct Result: Sendable, Hashable {
    /// −log p per learned token, in nats.
    public var loss: Double
    /// Learned tokens.
    public var tokens: Int
    /// −log₂ p over the UTF-8 bytes of what is learned.
    public var bitsPerByte: Double
  }

  private let loader: DataLoader
  private let layout: FeedLayout
  private let learnedBytes: Int
  private let sight: Evaluator.Sight
  private let group: ProcessGroup

  /// - Parameters:
  ///   - samples: how many go through the model together.
  ///   - sight: what the model sees.
  ///   - group: the processes that look together, batch by batch in turn; they find the same.
  /// - Throws: `invalidInput` where there is no sample.
  public init(
    _ sources: [TrainingSource], _ builder: SampleBuilder, samples: Int, threads: Int?, fixedSize: Bool,
    sight: Evaluator.Sight = .real, group: ProcessGroup = .alone
  ) throws {
    (self.sight, self.group) = (sight, group)
    var options = FeedOptions(steps: 1)
    options.microSamples = samples
    let whole = try ConcatDataset(sources.map { try $0.samples() })
    guard whole.count > 0 else {
      throw TesseraError(.invalidInput(operation: "the validation set", expected: "a sample", got: "none"))
    }
    layout = FeedLayout(sources: sources, whole: whole, builder: builder, options: options)
    let shown: any Dataset = sight == .shuffled ? OtherPictures(whole) : whole
    let batches = DealtBatches(samples: whole.count, size: samples, rank: group.place)
    func loader(_ dataset: some Dataset) -> DataLoader {
      DataLoader(
        builder.processor.prepared(dataset), batches: batches, threads: threads,
        collator: fixedSize ? .stack : .list)
    }
    self.loader = loader(shown)
    learnedBytes = sources.reduce(0) { sum, source in
      switch source.content {
      case .records(_, let census): sum + census.learnedBytes
      case .blocks(let blocks): sum + blocks.learnedBytes
      }
    }
  }

  /// Computes it.
  ///
  /// - Throws: what the loader and the model throw.
  public func measure(_ model: LlavaModel, autocast: TorchType? = nil) throws -> Result {
    let parts = try group.exchange(Swift.Result { try sums(model, autocast) })
    let (sum, tokens) = parts.reduce((0.0, 0)) { ($0.0 + $1.sum, $0.1 + $1.tokens) }
    return Result(
      loss: sum / Double(max(1, tokens)), tokens: tokens,
      bitsPerByte: learnedBytes > 0 ? sum / 0.693147180559945309 / Double(learnedBytes) : .nan)
  }

  /// What this rank's samples come to.
  private struct Sums: Codable {
    var sum = 0.0
    var tokens = 0
  }

  private func sums(_ model: LlavaModel, _ autocast: TorchType?) throws -> Sums {
    let iterator = loader.epoch(0).makeBatchIterator()
    var sums = Sums()
    try noGrad {
      while let batch = try iterator.nextBlocking() {
        for var part in try layout.step(batch).batches where !part.targets.isEmpty {
          if sight == .blank { part.pixels = part.pixels.map { $0.zerosLike() } }
          let loss =
            if let autocast { try TesseraVLM.autocast(model.device, autocast) { try model.loss(part) } } else
            {
              try model.loss(part)
            }
          sums.sum += loss.item
          sums.tokens += part.targets.count
        }
      }
    }
    return sums
  }
}
