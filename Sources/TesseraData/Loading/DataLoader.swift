public import Logging
private import Foundation
internal import TesseraCore

/// Makes batches of a dataset's samples, on its own threads, in an order that never changes.
///
/// A batch is a pure function of (dataset, pipeline, seed, epoch, position). The number of threads, the depth of
/// the prefetch, the number of ranks and a crash in between never change a byte of it.
///
///     let loader = DataLoader(train, batchSize: 64, order: .shuffled(seed: 42))
///     for try await batch in loader.epoch(0) {
///       step(batch.images, batch.labels)  // [64, 3, 224, 224], [64]
///     }
///
/// A loader is a value that several tasks may use at once; it shares its memory and its ledger with its copies.
public struct DataLoader: Sendable {
  /// Samples a batch (the budget's unit is the sampler's own where it is a batch sampler).
  public let batchSize: Int
  /// What everything random is drawn from, but the order.
  public let seed: UInt64
  /// The loader's threads. They change no byte.
  public let threads: Int
  /// Batches that are begun beyond the one that the consumer has. It changes no byte.
  public let prefetch: Int
  public let collator: any Collator
  public let transforms: [any BatchTransform]
  public let layout: ImageLayout
  public let errorPolicy: LoaderErrorPolicy
  /// Whether draws run as fused plans. It changes no byte: law 1's tests turn it off.
  public let isFused: Bool
  /// How long one sample may be in one stage before the log says which, and at which; nil for never. It changes no byte.
  public let stallWarning: Duration?

  /// What a batch, and a number of batches ahead, may be at most.
  public static let largestBatch = 1 << 24
  /// Threads that a loader may have at most.
  public static let mostThreads = 4096

  let origin: Origin
  private let pool: BatchPool
  private let observer: LoaderObserver
  private let memory: Guarded<Memory>

  /// What is worked out once and kept.
  private struct Memory {
    var order: (epoch: Int, order: BatchOrder)?
    var fingerprint: Fingerprint?
  }

  /// A loader of a dataset.
  ///
  /// - Parameters:
  ///   - dataset: what there is; its samples carry their pipeline (`map`).
  ///   - batchSize: samples a batch, at least 1.
  ///   - order: which sample stands where, each epoch.
  ///   - dropLast: whether a last batch of fewer samples is left out.
  ///   - rank: this process's part, where several train together.
  ///   - seed: what augmentations are drawn from; by default the order's seed, or 0.
  ///   - threads: by default one a core.
  ///   - prefetch: batches begun ahead; by default enough to keep the threads at work, at least 2.
  ///   - collator: how pictures become one tensor.
  ///   - transforms: what is done to whole batches (`MixUp`, `CutMix`).
  ///   - layout: channels first or last, and the element type.
  ///   - onError: what is done with samples that cannot be had.
  ///   - isFused: false does every step on whole pictures, one after another: slower, and the same bytes.
  ///   - stallWarning: how long one sample may be in one stage (a disk that does not answer, a reader that waits) before
  ///     the log says which sample and stage; nil for never.
  ///   - logger: where failures are told; by default swift-log's `tessera.loader`.
  ///   - onReport: called with the figures so far after each batch that is handed out, on the consumer's thread.
  public init(
    _ dataset: some Dataset, batchSize: Int, order: SampleOrdering = .sequential, dropLast: Bool = false,
    rank: DistributedRank? = nil, seed: UInt64? = nil, threads: Int? = nil, prefetch: Int? = nil,
    collator: any Collator = .stack, transforms: [any BatchTransform] = [],
    layout: ImageLayout = .channelsFirst, onError: LoaderErrorPolicy = .stop, isFused: Bool = true,
    stallWarning: Duration? = .seconds(60), logger: Logger? = nil,
    onReport: (@Sendable (LoaderReport) -> Void)? = nil
  ) {
    self.init(
      .samples(dataset, order, rank, dropLast: dropLast), batchSize: batchSize, seed: seed ?? order.seed,
      threads: threads, prefetch: prefetch, collator: collator, transforms: transforms, layout: layout,
      onError: onError, isFused: isFused, stallWarning: stallWarning, logger: logger, onReport: onReport)
  }

  /// A loader of a dataset whose batches a sampler of one's own makes up.
  public init(
    _ dataset: some Dataset, batches: some BatchSampler, seed: UInt64 = 0, threads: Int? = nil,
    prefetch: Int? = nil, collator: any Collator = .stack, transforms: [any BatchTransform] = [],
    layout: ImageLayout = .channelsFirst, onError: LoaderErrorPolicy = .stop, isFused: Bool = true,
    stallWarning: Duration? = .seconds(60), logger: Logger? = nil,
    onReport: (@Sendable (LoaderReport) -> Void)? = nil
  ) {
    self.init(
      .batches(dataset, batches), batchSize: 1, seed: seed, threads: threads, prefetch: prefetch,
      collator: collator, transforms: transforms, layout: layout, onError: onError, isFused: isFused,
      stallWarning: stallWarning, logger: logger, onReport: onReport)
  }

  /// A loader of a stream. It resumes by replay: what was read before is read again and dropped.
  ///
  /// - Parameter onError: `substitute` is not possible in a stream, and leaves a hole.
  public init(
    stream: some IterableDataset, batchSize: Int, dropLast: Bool = false, rank: DistributedRank? = nil,
    seed: UInt64 = 0, threads: Int? = nil, prefetch: Int? = nil, collator: any Collator = .stack,
    transforms: [any BatchTransform] = [], layout: ImageLayout = .channelsFirst,
    onError: LoaderErrorPolicy = .stop, isFused: Bool = true,
    stallWarning: Duration? = .seconds(60), logger: Logger? = nil,
    onReport: (@Sendable (LoaderReport) -> Void)? = nil
  ) {
    self.init(
      .stream(stream, rank, dropLast: dropLast), batchSize: batchSize, seed: seed, threads: threads,
      prefetch: prefetch, collator: collator, transforms: transforms, layout: layout, onError: onError,
      isFused: isFused, stallWarning: stallWarning, logger: logger, onReport: onReport)
  }

  private init(
    _ origin: Origin, batchSize: Int, seed: UInt64?, threads: Int?, prefetch: Int?,
    collator: any Collator, transforms: [any BatchTransform], layout: ImageLayout,
    onError: LoaderErrorPolicy, isFused: Bool, stallWarning: Duration?, logger: Logger?,
    onReport: (@Sendable (LoaderReport) -> Void)?
  ) {
    func check(_ name: String, _ value: Int, _ most: Int) {
      precondition((1...most).contains(value), "DataLoader(\(name): \(value)): 1...\(most)")
    }
    check("batchSize", batchSize, Self.largestBatch)
    check("threads", threads ?? 1, Self.mostThreads)
    check("prefetch", prefetch ?? 1, Self.largestBatch)
    self.origin = origin
    self.batchSize = batchSize
    self.seed = seed ?? 0
    self.threads = threads ?? ProcessInfo.processInfo.activeProcessorCount
    // Two samples a thread in flight, so that no thread waits while the next batch is due.
    self.prefetch = prefetch ?? max(2, (2 * self.threads + batchSize - 1) / batchSize)
    self.collator = collator
    self.transforms = transforms
    self.layout = layout
    errorPolicy = onError
    self.isFused = isFused
    self.stallWarning = stallWarning
    // Batches in the making or ready, and the one that the consumer has.
    pool = BatchPool(bound: self.prefetch + 1)
    observer = LoaderObserver(
      ledger: Guarded([]), logger: logger ?? Logger(label: "tessera.loader"), onReport: onReport)
    memory = Guarded(Memory())
  }

  // MARK: batches

  /// The batches of an epoch, in order.
  public func epoch(_ epoch: Int) -> EpochBatches {
    precondition(epoch >= 0, "epoch \(epoch)")
    return batches(epoch: epoch, from: 0, failuresBefore: 0)
  }

  /// The rest of the epoch that a state stands in.
  ///
  /// - Parameter allowingChanges: whether to go on although the data or the loader are not those of the state.
  /// - Throws: `invalidArgument` that says what changed; `corrupt` for numbers that no loader writes; what the
  ///   dataset's fingerprint throws.
  public func epoch(resuming state: LoaderState, allowingChanges: Bool = false) throws -> EpochBatches {
    try state.check()
    if !allowingChanges {
      let differences = state.differences(from: try self.state(epoch: state.epoch))
      guard differences.isEmpty else {
        throw TesseraError(
          .invalidArgument(
            name: "the state to resume",
            expected: "one of this loader on this data, or allowingChanges: true",
            got: "another (\(differences.joined(separator: "; ")))"))
      }
    }
    return batches(epoch: state.epoch, from: state.nextBatch, failuresBefore: state.failureCount)
  }

  /// Any batch again, made on the loader's threads while the caller waits. The ledger takes no note of it.
  ///
  /// - Throws: `invalidArgument` if there is no such batch; what the epoch's loop would throw there.
  public func batch(at position: BatchPosition) throws -> Batch {
    let batches = batches(
      epoch: position.epoch, from: position.batch, through: position.batch, failuresBefore: 0, isReplay: true)
    guard let batch = try batches.makeBatchIterator().nextBlocking() else {
      let count = try batchCount(epoch: position.epoch)
      throw TesseraError(
        .invalidArgument(
          name: "the position", expected: count.map { "a batch below \($0)" } ?? "a batch of the stream",
          got: "\(position)"))
    }
    return batch
  }

  /// Batches in an epoch; nil for streams, whose length nobody knows.
  ///
  /// - Throws: where order and dataset do not fit.
  public func batchCount(epoch: Int = 0) throws -> Int? { try batchOrder(epoch)?.count }

  private func batches(
    epoch: Int, from first: Int, through last: Int = .max, failuresBefore: Int, isReplay: Bool = false
  ) -> EpochBatches {
    let meter = LoaderMeter(threads: threads, pool: pool)
    return EpochBatches(meter: meter) {
      try SIMDLevel.checkEnvironment()
      // The time begins before the order is made and the threads start.
      meter.request()
      var settings = try settings(
        epoch: epoch, from: first, through: last, failuresBefore: failuresBefore, meter)
      settings.isReplay = isReplay
      return LoaderRun(settings)
    }
  }

  private func settings(
    epoch: Int, from first: Int, through last: Int, failuresBefore: Int, _ meter: LoaderMeter
  ) throws -> LoaderRun.Settings {
    let source: LoaderRun.Source
    var sampleCount: Int?
    switch origin {
    case .samples(let dataset, _, _, _), .batches(let dataset, _):
      let order = try batchOrder(epoch) ?? BatchOrder(count: 0) { _ in [] }
      sampleCount = order.sampleCount
      source = .order(dataset, order, min(first, order.count)..<min(last, order.count - 1) + 1)
    case .stream(let stream, let share, let dropLast):
      let feed = StreamFeed(
        try stream.makeReader(epoch: UInt64(epoch)), rank: share?.rank ?? 0, of: share?.ranks ?? 1,
        skipping: first * batchSize, dropsLast: dropLast)
      source = .stream(feed)
    }
    return LoaderRun.Settings(
      source: source,
      loader: SampleLoader(seed: seed, epoch: UInt64(epoch), layout: layout, isFused: isFused),
      batchSize: batchSize, collator: collator, transforms: transforms, policy: errorPolicy,
      sampleCount: sampleCount, failuresBefore: failuresBefore, rank: origin.rank?.rank ?? 0,
      threads: threads, depth: prefetch, pool: pool, meter: meter, firstBatch: first, lastBatch: last,
      observer: observer, stallWarning: stallWarning, isReplay: false)
  }

  func batchOrder(_ epoch: Int) throws -> BatchOrder? {
    if let known = memory.withLock({ $0.order }), known.epoch == epoch { return known.order }
    guard let order = try origin.batchOrder(epoch: UInt64(epoch), batchSize: batchSize) else { return nil }
    memory.withLock { $0.order = (epoch, order) }
    return order
  }

  // MARK: state and ledger

  /// Where the loader stands before the first batch of an epoch.
  ///
  /// - Throws: what the dataset's fingerprint throws.
  public func state(epoch: Int = 0) throws -> LoaderState {
    try state(epoch: epoch, nextBatch: 0, failures: 0)
  }

  /// Where the loader stands once a batch is dealt with: save it beside the model.
  ///
  /// - Throws: what the dataset's fingerprint throws; `invalidArgument` for a batch that was made again by itself and
  ///   does not know how many samples failed before it.
  public func state(after batch: Batch) throws -> LoaderState {
    guard let failures = batch.failureCount else {
      throw TesseraError(
        .invalidArgument(
          name: "the batch", expected: "one of an epoch's loop", got: "one that batch(at:) made again"))
    }
    return try state(
      epoch: batch.position.epoch, nextBatch: batch.position.batch + 1, failures: failures)
  }

  private func state(epoch: Int, nextBatch: Int, failures: Int) throws -> LoaderState {
    let known = memory.withLock { $0.fingerprint }
    let fingerprint = try known ?? origin.fingerprint()
    memory.withLock { $0.fingerprint = fingerprint }
    return LoaderState(
      epoch: epoch, nextBatch: nextBatch, seed: seed, failureCount: failures, dataset: fingerprint,
      settings: try summary())
  }

  /// Everything but data and seed that decides a batch.
  private func summary() throws -> String {
    let parts = [
      try origin.summary(), "batch size \(batchSize)", collator.summary, "layout \(layout.summary)",
      "on error \(errorPolicy)",
    ]
    return (parts + transforms.map(\.summary)).joined(separator: "; ")
  }

  /// Every sample that could not be had so far, in the order in which their batches were handed out.
  public var ledger: [SampleFailure] { observer.ledger.withLock { $0 } }

  /// Writes the ledger as JSON, a line a failure.
  ///
  /// - Throws: `io`.
  public func writeLedger(to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    let lines = try ledger.map { String(decoding: try encoder.encode($0), as: UTF8.self) + "\n" }
    try AtomicFile.write(Array(lines.joined().utf8), to: path)
  }

  /// The names of the classes, where the dataset knows them.
  public var classes: [String] { origin.classes }
}
