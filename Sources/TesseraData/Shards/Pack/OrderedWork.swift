private import Foundation

/// Work that many threads do and one at a time finishes, in order: results are consumed as if one thread had made
/// them, and never more than a window of them waits.
// @unchecked: everything that changes is touched between `lock` and `unlock` of the condition, but for `consume`,
// which one thread calls at a time (`isDraining`).
final class OrderedWork<Result>: @unchecked Sendable {
  private let condition = NSCondition()
  private let count: Int
  private let window: Int
  private let consume: (Int, Result) throws -> Void
  private var claimed = 0
  private var consumed = 0
  private var waiting: [Int: Result] = [:]
  private var isDraining = false
  private var isStopped = false
  private var failure: (any Error)?

  /// - Parameters:
  ///   - count: pieces of work.
  ///   - window: how many may be claimed and not yet consumed.
  ///   - consume: takes a piece's result; called in order, one call at a time. What it throws stops the work.
  init(count: Int, window: Int, consume: @escaping (Int, Result) throws -> Void) {
    self.count = count
    self.window = window
    self.consume = consume
  }

  /// Does the work on `threads` threads and waits for its end.
  ///
  /// - Parameters:
  ///   - isCancelled: no more pieces are claimed then; those at hand are finished.
  ///   - produce: makes a piece's result, on any thread, whose number it gets.
  /// - Throws: what `consume` threw.
  func run(
    threads: Int, isCancelled: @escaping @Sendable () -> Bool,
    produce: @escaping @Sendable (_ thread: Int, _ piece: Int) -> Result
  ) throws {
    try WorkerThreads.run(min(threads, max(count, 1))) { [self] thread in
      while !isCancelled(), let piece = claim() { deliver(piece, produce(thread, piece)) }
    }
    if let failure { throw failure }
  }

  private func claim() -> Int? {
    condition.lock()
    defer { condition.unlock() }
    while !isStopped && claimed < count && claimed >= consumed + window { condition.wait() }
    guard !isStopped, claimed < count else { return nil }
    defer { claimed += 1 }
    return claimed
  }

  private func deliver(_ piece: Int, _ result: Result) {
    condition.lock()
    waiting[piece] = result
    // Whoever is at it takes this one too.
    if !isDraining {
      isDraining = true
      while !isStopped, let next = waiting.removeValue(forKey: consumed) {
        condition.unlock()
        var thrown: (any Error)?
        do { try consume(consumed, next) } catch { thrown = error }
        condition.lock()
        consumed += 1
        if let thrown {
          failure = thrown
          isStopped = true
        }
        condition.broadcast()
      }
      isDraining = false
    }
    condition.unlock()
  }
}
