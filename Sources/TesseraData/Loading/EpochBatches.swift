internal import TesseraCore

/// The batches of one epoch, in order: `for try await batch in loader.epoch(0)`.
///
/// The threads start with the first iteration. Leaving the loop, by `break`, an error or a cancelled task, ends
/// their work: each stops after the sample that it has at hand.
public struct EpochBatches: AsyncSequence, Sendable {
  public typealias Element = Batch
  public typealias Failure = any Error

  private let makeRun: @Sendable () throws -> LoaderRun
  private let meter: LoaderMeter

  init(meter: LoaderMeter, _ makeRun: @escaping @Sendable () throws -> LoaderRun) {
    self.meter = meter
    self.makeRun = makeRun
  }

  /// What the loader did for this epoch so far: times, rates, memory, the bottleneck.
  public var report: LoaderReport { meter.report }

  public func makeAsyncIterator() -> BatchIterator { BatchIterator(makeRun) }

  /// The batches for a loop without `await`: each is a result, since a plain loop cannot throw by itself.
  ///
  ///     for batch in loader.epoch(0).blocking {
  ///       step(try batch.get())
  ///     }
  public var blocking: BlockingBatches { BlockingBatches(makeRun) }

  /// Walks the batches and throws what goes wrong: `while let batch = try batches.nextBlocking() { … }`.
  public func makeBatchIterator() -> BatchIterator { BatchIterator(makeRun) }
}

/// A place in an epoch. For one task or thread at a time.
public final class BatchIterator: AsyncIteratorProtocol {
  private let makeRun: @Sendable () throws -> LoaderRun
  private var run: LoaderRun?
  private var isOver = false

  init(_ makeRun: @escaping @Sendable () throws -> LoaderRun) { self.makeRun = makeRun }

  deinit { run?.cancel() }

  private func started() throws -> LoaderRun {
    if let run { return run }
    let fresh = try makeRun()
    try fresh.start()
    run = fresh
    return fresh
  }

  /// The next batch, or nil at the end. Waits without taking a thread.
  ///
  /// - Throws: under the policy `stop` the error of the first bad sample, with its path, index and stage; under
  ///   the others `limitExceeded` when too many failed; `CancellationError`. The batches before it have all been
  ///   handed out. Afterwards the iterator is at its end.
  public func next() async throws -> Batch? {
    if isOver { return nil }
    do {
      if let batch = try await started().next() { return batch }
      isOver = true
      return nil
    } catch {
      isOver = true
      throw error
    }
  }

  /// The next batch, or nil at the end. Waits on the calling thread.
  ///
  /// - Throws: as `next()`.
  public func nextBlocking() throws -> Batch? {
    if isOver { return nil }
    do {
      if let batch = try started().nextBlocking() { return batch }
      isOver = true
      return nil
    } catch {
      isOver = true
      throw error
    }
  }
}

/// An epoch's batches for a plain `for` loop: results, the last of which may be an error.
public struct BlockingBatches: Sequence, Sendable {
  private let makeRun: @Sendable () throws -> LoaderRun

  init(_ makeRun: @escaping @Sendable () throws -> LoaderRun) { self.makeRun = makeRun }

  public func makeIterator() -> Iterator { Iterator(BatchIterator(makeRun)) }

  public struct Iterator: IteratorProtocol {
    private let batches: BatchIterator

    init(_ batches: BatchIterator) { self.batches = batches }

    public mutating func next() -> Result<Batch, any Error>? {
      do { return try batches.nextBlocking().map { .success($0) } } catch { return .failure(error) }
    }
  }
}
