private import Foundation
internal import TesseraCore
internal import TesseraTransforms

/// One epoch's work: which batches are made, by which threads, and how they reach the consumer in order.
///
/// Threads take slots in the order of the batches, so that the batch that is due next is always the one most
/// worked on. At most `depth` batches are begun and not yet handed out: a thread that would begin another waits.
final class LoaderRun: Sendable {
  /// Where the slots of batches come from.
  enum Source: Sendable {
    /// A dataset and an order: batches in any order, from `range.lowerBound` to before `range.upperBound`.
    case order(any Dataset, BatchOrder, Range<Int>)
    case stream(StreamFeed)
  }

  /// Everything that is fixed before the first thread starts.
  struct Settings: Sendable {
    var source: Source
    var loader: SampleLoader
    var batchSize: Int
    var collator: any Collator
    var transforms: [any BatchTransform]
    var policy: LoaderErrorPolicy
    /// Samples of the whole epoch; nil if unknown.
    var sampleCount: Int?
    /// Failures of the epoch before the first batch.
    var failuresBefore: Int
    var rank: Int
    var threads: Int
    var depth: Int
    var pool: BatchPool
    var meter: LoaderMeter
    var firstBatch: Int
    /// The last batch to make, if the epoch has it.
    var lastBatch: Int
    var observer: LoaderObserver
    /// How long a stage of a sample may take before it is told; nil for never.
    var stallWarning: Duration?
    /// Whether one batch is made again, beside any epoch's loop.
    var isReplay: Bool
  }

  private struct State {
    var filling: BatchAssembly?
    var nextSlot = 0
    var keys: [SampleKey] = []
    /// The next batch to begin, and the one before which it ends.
    var next: Int
    var end: Int
    /// The next batch to hand out.
    var due: Int
    var ready: [Int: Result<Batch, any Error>] = [:]
    var isCancelled = false
    var waiter: CheckedContinuation<Void, Never>?
    var failures: Int
    var samplesSeen = 0
  }

  let settings: Settings
  private let condition = NSCondition()
  private let state: Unlocked<State>
  private let watch: StallWatch?

  init(_ settings: Settings) {
    self.settings = settings
    watch = settings.stallWarning.map { patience in
      StallWatch(threads: settings.threads, patience: patience) { settings.observer.note($0) }
    }
    let end =
      switch settings.source {
      case .order(_, _, let range): range.upperBound
      case .stream: settings.lastBatch == .max ? Int.max : settings.lastBatch + 1
      }
    state = Unlocked(
      State(
        next: settings.firstBatch, end: end, due: settings.firstBatch, failures: settings.failuresBefore))
  }

  /// Starts the threads. They end by themselves: after the last batch, or when the run is cancelled.
  func start() throws {
    try watch?.start()
    var started = 0
    // Threads that the system did not give have no end that could be told.
    defer { watch?.leave(settings.threads - started) }
    started = try WorkerThreads.start(settings.threads, name: "tessera-loader") { [self] number in
      work(watch?.posts[number])
      watch?.leave()
    }
  }

  /// Ends the work: each thread stops after the sample that it has at hand.
  func cancel() { withLock { $0.isCancelled = true } }

  /// Calls `body` with the state, then wakes whoever waits for a change of it.
  private func withLock<R>(_ body: (inout State) -> R) -> R {
    condition.lock()
    let result = body(&state.value)
    let waiter = takeWaiter()
    condition.broadcast()
    condition.unlock()
    waiter?.resume()
    return result
  }

  /// The consumer's continuation, if there is something for it now.
  private func takeWaiter() -> CheckedContinuation<Void, Never>? {
    guard state.value.waiter != nil, !mustWait else { return nil }
    defer { state.value.waiter = nil }
    return state.value.waiter
  }

  // MARK: the threads

  /// A place in a batch that is being made.
  struct Slot {
    var assembly: BatchAssembly
    var number: Int
    var key: SampleKey
    /// In streams: the sample, or why there is none.
    var streamed: Result<Sample, TesseraError>?
  }

  private func work(_ post: StallWatch.Post?) {
    var times = StageTimes(post: post)
    var (idle, cpu) = (UInt64(0), Clock.threadNanoseconds())
    func flush() {
      let now = Clock.threadNanoseconds()
      settings.meter.add(times, cpu: now - cpu, idle: idle)
      (times, idle, cpu) = (StageTimes(post: post), 0, now)
    }
    while let slot = nextSlot(&idle, &times) {
      post?.begin(slot.key.index, .read)
      let row = self.row(slot, &times)
      if slot.assembly.put(row, slot: slot.number) { finish(slot.assembly, &times) }
      post?.end()
      flush()
    }
    flush()
  }

  private func nextSlot(_ idle: inout UInt64, _ times: inout StageTimes) -> Slot? {
    if case .stream(let feed) = settings.source { return nextStreamed(feed, &idle, &times) }
    guard case .order(_, let order, _) = settings.source else { return nil }
    condition.lock()
    defer { condition.unlock() }
    while true {
      if state.value.isCancelled { return nil }
      if let assembly = state.value.filling, state.value.nextSlot < state.value.keys.count {
        defer { state.value.nextSlot += 1 }
        let number = state.value.nextSlot
        return Slot(assembly: assembly, number: number, key: state.value.keys[number])
      }
      state.value.filling = nil
      if state.value.next >= state.value.end { return nil }
      guard waitForRoom(&idle) else { continue }
      let batch = state.value.next
      state.value.next += 1
      state.value.keys = order[batch]
      state.value.nextSlot = 0
      if state.value.keys.isEmpty {
        endWithEmptyBatch(batch)
        return nil
      }
      state.value.filling = assembly(batch, capacity: state.value.keys.count, isOpen: false)
    }
  }

  /// A batch of no samples would never be finished: it ends the epoch with an error. The lock is held.
  private func endWithEmptyBatch(_ batch: Int) {
    state.value.ready[batch] = .failure(
      TesseraError(
        .invalidInput(
          operation: "the batch sampler", expected: "at least one sample in every batch",
          got: "none in batch \(batch)"), stage: .list))
    state.value.end = min(state.value.end, batch + 1)
    let waiter = takeWaiter()
    condition.broadcast()
    waiter?.resume()
  }

  /// Whether another batch may be begun; waits once if not. The lock is held.
  private func waitForRoom(_ idle: inout UInt64) -> Bool {
    if state.value.next - state.value.due < settings.depth { return true }
    let start = Clock.nanoseconds()
    condition.wait()
    idle += Clock.nanoseconds() - start
    return false
  }

  private func assembly(_ batch: Int, capacity: Int, isOpen: Bool) -> BatchAssembly {
    BatchAssembly(
      position: BatchPosition(epoch: Int(settings.loader.epoch), batch: batch), capacity: capacity,
      isOpen: isOpen, pool: settings.collator is StackCollator ? settings.pool : nil)
  }

  // MARK: streams

  /// Takes the next sample off the stream. One thread at a time reads; the others wait for it.
  private func nextStreamed(_ feed: StreamFeed, _ idle: inout UInt64, _ times: inout StageTimes) -> Slot? {
    feed.takeTurn()
    defer { feed.endTurn() }
    guard let batch = roomInStream(&idle) else { return nil }
    times.post?.begin(feed.position, .read)
    let (position, sample) = times.measure(.read) { feed.next { self.isCancelled } }
    times.post?.end()
    guard let sample else {
      endOfStream(&times)
      return nil
    }
    return within { state in
      let assembly = state.filling ?? self.assembly(batch, capacity: self.settings.batchSize, isOpen: true)
      let number = state.nextSlot
      state.nextSlot += 1
      state.filling = assembly
      if state.nextSlot == self.settings.batchSize {
        // Cannot be the last to finish: this slot is still to be done.
        _ = assembly.close(slots: state.nextSlot)
        (state.filling, state.nextSlot, state.next) = (nil, 0, state.next + 1)
      }
      return Slot(assembly: assembly, number: number, key: SampleKey(position), streamed: sample)
    }
  }

  private var isCancelled: Bool { within { $0.isCancelled } }

  /// Calls `body` with the state and wakes nobody.
  private func within<R>(_ body: (inout State) -> R) -> R {
    condition.lock()
    defer { condition.unlock() }
    return body(&state.value)
  }

  /// The number of the batch that the next sample belongs to; nil if the run is over.
  private func roomInStream(_ idle: inout UInt64) -> Int? {
    condition.lock()
    defer { condition.unlock() }
    while true {
      if state.value.isCancelled || state.value.next >= state.value.end { return nil }
      if state.value.filling != nil || waitForRoom(&idle) { return state.value.next }
    }
  }

  /// Closes the batch at hand and lets the run end with it.
  private func endOfStream(_ times: inout StageTimes) {
    let (last, slots) = withLock { state in
      defer {
        state.end = state.filling == nil || dropsLast ? state.next : state.next + 1
        (state.next, state.filling) = (state.end, nil)
      }
      return (state.filling, state.nextSlot)
    }
    if !dropsLast, let last, last.close(slots: slots) { finish(last, &times) }
  }

  private var dropsLast: Bool {
    if case .stream(let feed) = settings.source { feed.dropsLast } else { false }
  }

  // MARK: batches

  /// Makes the batch once its last slot is done, on the thread that did it.
  private func finish(_ assembly: BatchAssembly, _ times: inout StageTimes) {
    let result = times.measure(.collate) {
      Result<Batch, any Error> {
        var batch = try assembly.collate(
          with: settings.collator, isChannelsLast: settings.loader.layout.channels == .last,
          stops: settings.policy.kind == .stop)
        for (number, transform) in settings.transforms.enumerated() where !batch.isEmpty {
          var random = RandomStream(
            seed: settings.loader.seed, epoch: settings.loader.epoch,
            sample: UInt64(settings.rank) << 40 | UInt64(batch.position.batch),
            // Far from the numbers of a pipeline's steps.
            operation: 0x8000_0000 | UInt32(number))
          try transform.apply(to: &batch, using: &random)
        }
        return batch
      }
    }
    if assembly.isBeyondBound { settings.observer.noteBeyondBound(bound: settings.pool.bound) }
    let number = assembly.position.batch
    withLock { state in
      state.ready[number] = result
      // An error ends the epoch here: what lies behind it is not begun any more.
      if case .failure = result { state.end = min(state.end, number + 1) }
    }
  }

  // MARK: the consumer

  /// Whether the consumer must wait: nothing is due yet, and something will be. The lock is held.
  private var mustWait: Bool {
    let state = state.value
    return !state.isCancelled && state.ready[state.due] == nil && state.due < state.end
  }

  /// The batch that is due, or nil at the end; waits for it on the calling thread.
  ///
  /// - Throws: the first bad sample's error under the policy `stop`; too many failures; a collator's error.
  func nextBlocking() throws -> Batch? {
    settings.meter.request()
    let start = Clock.nanoseconds()
    condition.lock()
    while mustWait { condition.wait() }
    condition.unlock()
    return try take(waited: Clock.nanoseconds() - start)
  }

  /// The batch that is due, or nil at the end. Takes no thread while it waits.
  func next() async throws -> Batch? {
    settings.meter.request()
    let start = Clock.nanoseconds()
    await withTaskCancellationHandler {
      await withCheckedContinuation { park($0) }
    } onCancel: {
      cancel()
    }
    try Task.checkCancellation()
    return try take(waited: Clock.nanoseconds() - start)
  }

  /// Keeps the consumer's continuation until there is something for it.
  private func park(_ continuation: CheckedContinuation<Void, Never>) {
    condition.lock()
    let parks = mustWait
    if parks { state.value.waiter = continuation }
    condition.unlock()
    if !parks { continuation.resume() }
  }

  private func take(waited: UInt64) throws -> Batch? {
    let (result, queued) = withLock { state -> (Result<Batch, any Error>?, Int) in
      let queued = state.ready.count
      guard let result = state.ready.removeValue(forKey: state.due) else { return (nil, queued) }
      state.due += 1
      return (result, queued)
    }
    guard let result else { return nil }
    var batch: Batch
    do { batch = try result.get() } catch {
      cancel()
      throw error
    }
    try count(&batch)
    settings.meter.deliver(batch, waited: waited, queued: queued)
    if !settings.isReplay { settings.observer.note(batch, meter: settings.meter) }
    return batch
  }

  /// Adds the batch's failures to the epoch's, and sees whether they are too many.
  private func count(_ batch: inout Batch) throws {
    let (failures, seen) = withLock { state in
      state.failures += batch.failures.count
      state.samplesSeen += batch.slotCount
      return (state.failures, state.samplesSeen)
    }
    // A batch made again by itself does not know what failed before it.
    batch.failureCount = settings.isReplay && settings.policy.kind != .stop ? nil : failures
    if settings.policy.kind == .stop || batch.failures.isEmpty { return }
    if settings.isReplay { return }
    // Nobody knows the length of a stream: what was seen stands for it, counted as at least a thousand.
    let known = settings.sampleCount ?? max(1000, settings.firstBatch * settings.batchSize + seen)
    let allowed = settings.policy.allowed(of: known)
    guard failures > allowed else { return }
    settings.observer.note(batch, meter: settings.meter)
    cancel()
    let last = batch.failures[batch.failures.count - 1]
    throw TesseraError(
      .limitExceeded(
        what: "failed samples of the epoch (the last: \(last.reason))", limit: allowed, found: failures),
      path: last.name.isEmpty ? nil : last.name, index: last.index, stage: last.stage)
  }
}

/// A value that its owner guards.
// @unchecked: `LoaderRun` touches the value only while it holds its condition's lock.
private final class Unlocked<Value>: @unchecked Sendable {
  var value: Value
  init(_ value: Value) { self.value = value }
}
