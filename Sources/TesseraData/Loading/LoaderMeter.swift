private import Foundation
internal import TesseraCore

/// Counts what a loader's threads and its consumer do.
final class LoaderMeter: Sendable {
  struct State: Sendable {
    var times = StageTimes()
    /// Nanoseconds of processor time of the loader's threads.
    var cpu: UInt64 = 0
    /// Nanoseconds that threads waited because enough batches were ready.
    var idle: UInt64 = 0
    /// Nanoseconds that the consumer waited for a batch, and from the first request to the last batch.
    var consumerWait: UInt64 = 0
    var started: UInt64?
    var ended: UInt64 = 0
    var firstBatch: UInt64?
    var batches = 0
    var samples = 0
    var failures = 0
    var bytesOut = 0
    /// Batches that lay ready when one was asked for, summed.
    var queued = 0
  }

  let threads: Int
  private let pool: BatchPool
  private let state = Guarded(State())

  init(threads: Int, pool: BatchPool) {
    self.threads = threads
    self.pool = pool
  }

  func add(_ times: StageTimes, cpu: UInt64, idle: UInt64) {
    state.withLock {
      $0.times = $0.times + times
      $0.cpu += cpu
      $0.idle += idle
    }
  }

  /// The consumer asks for a batch: its time begins with the first.
  func request() {
    let now = Clock.nanoseconds()
    state.withLock { if $0.started == nil { $0.started = now } }
  }

  func deliver(_ batch: Batch, waited: UInt64, queued: Int) {
    let now = Clock.nanoseconds()
    state.withLock {
      $0.consumerWait += waited
      $0.ended = now
      if $0.firstBatch == nil { $0.firstBatch = now - ($0.started ?? now) }
      $0.batches += 1
      $0.samples += batch.count
      $0.failures += batch.failures.count
      $0.bytesOut += batch.images.byteCount
      $0.queued += queued
    }
  }

  var report: LoaderReport {
    let (state, counts) = (state.withLock { $0 }, pool.counts)
    func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) * 1e-9 }
    var report = LoaderReport()
    report.threads = threads
    report.cores = ProcessInfo.processInfo.activeProcessorCount
    report.batches = state.batches
    report.samples = state.samples
    report.failures = state.failures
    report.wallSeconds = seconds(state.ended &- (state.started ?? state.ended))
    report.firstBatchSeconds = state.firstBatch.map(seconds)
    report.cpuSeconds = seconds(state.cpu)
    report.readSeconds = seconds(state.times.read)
    report.drawSeconds = seconds(state.times.draw)
    report.decodeSeconds = seconds(state.times.decode)
    report.transformSeconds = seconds(state.times.transform)
    report.collateSeconds = seconds(state.times.collate)
    report.idleSeconds = seconds(state.idle)
    report.consumerWaitSeconds = seconds(state.consumerWait)
    report.bytesRead = state.times.bytesRead
    report.bytesOut = state.bytesOut
    report.meanQueueDepth = state.batches > 0 ? Double(state.queued) / Double(state.batches) : 0
    report.batchMemoryMade = counts.made
    report.batchMemoryReused = counts.reused
    report.batchMemoryBeyondBound = counts.beyondBound
    report.batchMemoryHeldBytes = counts.heldBytes
    (report.residentBytes, report.peakResidentBytes) = ProcessMemory.resident()
    return report
  }
}

/// What the system says of this process's memory.
package enum ProcessMemory {
  /// Resident bytes now, and the most there ever were; 0 where the system does not tell.
  package static func resident() -> (now: Int, peak: Int) {
    guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8) else {
      return (0, 0)
    }
    func kilobytes(_ key: String) -> Int {
      let line = status.split(separator: "\n").first { $0.hasPrefix(key) }
      return line.flatMap { Int($0.dropFirst(key.count).filter(\.isNumber)) } ?? 0
    }
    return (kilobytes("VmRSS:") * 1024, kilobytes("VmHWM:") * 1024)
  }
}
