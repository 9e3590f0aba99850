internal import Logging
internal import TesseraCore
public import TesseraData
internal import TesseraText

/// One data set of a run.
public struct TrainingSource: Sendable {
  /// Where samples come from.
  public enum Content: Sendable {
    /// Captions and conversations, of which the census says what can be trained on.
    case records(any Dataset, SampleCensus)
    case blocks(TokenBlocks)
  }

  public var name: String
  public var content: Content
  /// Its share of the samples, relative to the others'.
  public var weight: Double

  public init(_ name: String, _ content: Content, weight: Double = 1) {
    (self.name, self.content, self.weight) = (name, content, weight)
  }

  /// The samples that are trained on, ready for a loader.
  func samples() throws -> any Dataset {
    switch content {
    case .records(let dataset, let census): try Subset(dataset, census.kept)
    case .blocks(let blocks): blocks
    }
  }

  /// How long those are.
  var lengths: [Int] {
    switch content {
    case .records(_, let census): census.lengths
    case .blocks(let blocks): Array(repeating: blocks.length, count: blocks.count)
    }
  }
}

/// How samples become steps.
public struct FeedOptions: Sendable {
  /// Samples of an optimiser step, where no budget of tokens is given.
  public var samplesPerStep = 32
  /// Tokens of an optimiser step at most, instead.
  public var tokensPerStep: Int?
  /// Samples that go through the model together; nil for all of the step.
  public var microSamples: Int?
  /// Tokens, padding included, that go through the model together at most; nil for no bound. A longer sample goes alone.
  public var microTokens: Int?
  /// Tokens of a text into which samples are packed; nil for a text each.
  public var packing: Int?
  public var steps: Int
  public var seed: UInt64 = 0
  /// The loader's threads; they change nothing.
  public var threads: Int?
  public var errorPolicy = LoaderErrorPolicy.stop
  /// Whose samples of each step are given, where several processes train.
  public var rank = DistributedRank(0, of: 1)

  public init(steps: Int) { self.steps = steps }
}

/// The steps of a run, in an order that hangs on the seed alone: made ahead by the loader's threads.
public final class SampleFeed<Rows: Sendable> {
  private let loader: DataLoader
  private let order: TrainingOrder
  /// How a loader's batch becomes a step's.
  private let layout: @Sendable (Batch) throws -> StepBatches<Rows>
  private var prefetcher: Prefetcher<StepBatches<Rows>>?
  /// Steps that were handed out.
  public private(set) var steps = 0

  /// - Throws: `invalidInput` for no samples, `invalidArgument` for options that contradict each other.
  init(
    _ sources: [TrainingSource], _ builder: SampleBuilder, _ options: FeedOptions, fixedSize: Bool,
    layout: (ConcatDataset) -> @Sendable (Batch) throws -> StepBatches<Rows>
  ) throws {
    let parts = try sources.map { try $0.samples() }
    for (source, part) in zip(sources, parts) where part.count == 0 {
      throw TesseraError(
        .invalidInput(
          operation: "the data set '\(source.name)'", expected: "a sample that can be trained on", got: "none"
        ))
    }
    let lengths = sources.flatMap(\.lengths)
    if let packing = options.packing, let length = lengths.max(), length > packing {
      throw TesseraError(.limitExceeded(what: "tokens of a packed sample", limit: packing, found: length))
    }
    order = try TrainingOrder(
      lengths: lengths, counts: parts.map(\.count), weights: sources.map(\.weight), seed: options.seed,
      steps: options.steps,
      size: options.tokensPerStep.map { .tokens($0) } ?? .samples(options.samplesPerStep),
      rank: options.rank)
    let whole = try ConcatDataset(parts)
    self.layout = layout(whole)
    loader = DataLoader(
      builder.processor.prepared(whole), batches: order, seed: options.seed, threads: options.threads,
      collator: fixedSize ? .stack : .list, onError: options.errorPolicy)
  }

  deinit { prefetcher?.cancel() }

  /// The next step's batches; nil after the last.
  public func next() throws -> StepBatches<Rows>? {
    let ahead: Prefetcher<StepBatches<Rows>>
    if let prefetcher {
      ahead = prefetcher
    } else {
      ahead = try start()
      prefetcher = ahead
    }
    let step = try ahead.next()
    if step != nil { steps += 1 }
    return step
  }

  private func start() throws -> Prefetcher<StepBatches<Rows>> {
    var state = try loader.state()
    state.nextBatch = steps
    let batches = try loader.epoch(resuming: state, allowingChanges: true)
    let (layout, order, first) = (layout, order, steps)
    return Prefetcher(depth: 4) {
      let iterator = batches.makeBatchIterator()
      var step = first
      return {
        defer { step += 1 }
        guard let batch = try iterator.nextBlocking() else { return nil }
        return order.isIdle(step) ? StepBatches([], units: []) : try layout(batch)
      }
    }
  }

  /// Where the data stands: the loader's state after the steps that were handed out.
  public func state() throws -> LoaderState {
    var state = try loader.state()
    state.nextBatch = steps
    return state
  }

  /// Goes on behind the steps of a state.
  ///
  /// - Throws: `invalidArgument` where data or order are not those of the state.
  public func restore(_ state: LoaderState) throws {
    _ = try loader.epoch(resuming: state)
    prefetcher?.cancel()
    prefetcher = nil
    steps = state.nextBatch
  }

  /// What failed so far.
  public var ledger: [SampleFailure] { loader.ledger }
}

extension SampleFeed where Rows == TokenBatch {
  /// Texts whose next tokens are learned.
  ///
  /// - Throws: `invalidInput` for no samples, `invalidArgument` for options that contradict each other.
  public convenience init(
    _ sources: [TrainingSource], _ builder: SampleBuilder, _ options: FeedOptions, fixedSize: Bool
  ) throws {
    try self.init(sources, builder, options, fixedSize: fixedSize) { whole in
      FeedLayout(sources: sources, whole: whole, builder: builder, options: options).step
    }
  }
}

/// Lays a loader's batch out as the batches of a step.
struct FeedLayout: Sendable {
  let sources: [TrainingSource]
  let whole: ConcatDataset
  let builder: SampleBuilder
  let options: FeedOptions

  /// A row of a loader's batch.
  private struct Row {
    let sample: TokenizedSample
    let pixels: Range<Int>
  }

  func step(_ batch: Batch) throws -> StepBatches<TokenBatch> {
    let pictures = try BatchPictures(batch)
    var rows: [Row] = []
    var first = 0
    for row in 0..<batch.count {
      let range = first..<first + batch.imageCounts[row]
      first = range.upperBound
      let counts = range.map { pictures.tokens($0, builder.processor.config) }
      if let sample = try sample(batch, row, counts) { rows.append(Row(sample: sample, pixels: range)) }
    }
    let groups = chunks(rows)
    let batches = groups.map { group in
      TokenBatch(
        group.map(\.sample), pixels: pictures.groups(group.flatMap { Array($0.pixels) }),
        padToken: builder.processor.padToken ?? 0, capacity: options.packing)
    }
    return StepBatches(
      batches, units: batches.map(\.targets.count), tokens: batches.reduce(0) { $0 + $1.tokens },
      images: first, samples: batch.names, failures: batch.failures.map { "\($0)" })
  }

  private func sample(_ batch: Batch, _ row: Int, _ counts: [Int]) throws -> TokenizedSample? {
    let place = whole.locate(batch.keys[row].index)
    if case .blocks(let blocks) = sources[place.part].content { return blocks.tokens(at: place.index) }
    let record = Sample(
      name: batch.names[row], text: batch.texts[row], conversation: batch.conversations[row])
    switch try builder.tokenize(record, imageTokens: counts) {
    case .sample(let sample): return sample
    // The census keeps no sample that would be dropped; one is where its text has changed since.
    case .dropped: return nil
    }
  }

  /// Rows that go through the model together.
  private func chunks(_ rows: [Row]) -> [[Row]] {
    var chunks: [[Row]] = []
    var (current, longest): ([Row], Int) = ([], 0)
    for row in rows {
      let length = max(longest, row.sample.ids.count)
      let isFull =
        current.count >= options.microSamples ?? .max
        || (options.microTokens.map { length * (current.count + 1) > $0 } ?? false)
      if isFull && !current.isEmpty {
        chunks.append(current)
        (current, longest) = ([], 0)
      }
      current.append(row)
      longest = max(longest, row.sample.ids.count)
    }
    return current.isEmpty ? chunks : chunks + [current]
  }
}
