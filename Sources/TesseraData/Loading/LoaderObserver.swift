internal import Logging
internal import TesseraCore

/// Who is told what a loader does: the ledger, the log and the caller's callback.
struct LoaderObserver: Sendable {
  var ledger: Guarded<[SampleFailure]>
  var logger: Logger
  var onReport: (@Sendable (LoaderReport) -> Void)?

  /// Takes note of a batch that is handed out.
  func note(_ batch: Batch, meter: LoaderMeter) {
    if !batch.failures.isEmpty {
      ledger.withLock { $0 += batch.failures }
      for failure in batch.failures { logger.warning("\(failure)") }
    }
    onReport?(meter.report)
  }

  func note(_ stall: StallWatch.Stall) { logger.warning("\(stall)") }

  func noteBeyondBound(bound: Int) {
    logger.debug("batches are being kept: memory beyond the \(bound) bounded batches was made")
  }
}
