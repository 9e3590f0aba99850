private import Foundation
private import Logging
package import TesseraCore

/// Watches threads that work on samples, and tells which sample has been at which stage for too long: a disk or a
/// server that does not answer, a reader of the caller's that waits for something, a picture that takes for ever.
///
/// It ends nothing and changes nothing: who waits is told for what. A thread of its own looks about four times in
/// `patience`; the threads at work pay a lock that nobody else wants, some tens of nanoseconds a stage.
package final class StallWatch: Sendable {
  /// A sample that does not get on.
  package struct Stall: Sendable, Equatable, CustomStringConvertible {
    package var index: Int
    /// What the sample is called, where that is known already; else empty.
    package var name: String
    package var stage: Stage
    package var seconds: Double

    package var description: String {
      let sample = name.isEmpty ? "sample \(index)" : "\(name.printable) (sample \(index))"
      let time = seconds < 10 ? "\((seconds * 10).rounded() / 10)" : "\(Int(seconds))"
      return "\(sample) has been in its stage '\(stage.rawValue)' for \(time) s, and its thread waits"
        + (stage == .read || stage == .write ? ": does the disk or the server answer?" : "")
    }
  }

  /// Where one thread says what it is at.
  package final class Post: Sendable {
    fileprivate struct Work {
      var index: Int
      var name: String
      var stage: Stage
      var since: UInt64
      /// How often its stall was told.
      var told = 0
    }

    fileprivate let work = Guarded<Work?>(nil)

    /// A sample is begun.
    package func begin(_ index: Int, name: String = "", _ stage: Stage) {
      work.withLock { $0 = Work(index: index, name: name, stage: stage, since: Clock.nanoseconds()) }
    }

    /// What the sample at hand is called.
    package func name(_ name: String) { work.withLock { $0?.name = name } }

    /// The sample at hand comes to another stage.
    package func enter(_ stage: Stage) {
      work.withLock { work in
        work?.stage = stage
        work?.since = Clock.nanoseconds()
        work?.told = 0
      }
    }

    /// No sample is at hand.
    package func end() { work.withLock { $0 = nil } }
  }

  /// One a thread.
  package let posts: [Post]
  private let patience: UInt64
  private let tell: @Sendable (Stall) -> Void
  private let condition = NSCondition()
  /// Threads that still work. Changed while the condition's lock is held.
  private let left: Guarded<Int>

  /// - Parameters:
  ///   - threads: how many are watched.
  ///   - patience: how long a stage may take before it is told; it is told again after twice, four times, … as long.
  ///   - tell: called on the watch's own thread.
  package init(threads: Int, patience: Duration, tell: @escaping @Sendable (Stall) -> Void) {
    posts = (0..<threads).map { _ in Post() }
    left = Guarded(threads)
    let (seconds, attoseconds) = patience.components
    let nanoseconds = Double(seconds) * 1e9 + Double(attoseconds) / 1e9
    // A hundred years are never; a hundredth of a second is soon enough.
    self.patience = UInt64(min(max(nanoseconds, 1e7), 3e18))
    self.tell = tell
  }

  /// Calls `body`, which has so many threads work, and watches them meanwhile; the log `tessera.job` is told.
  ///
  /// - Parameter patience: nil tells nothing.
  /// - Throws: `io` if the system gives no thread; what `body` throws.
  package static func watching<R>(
    _ threads: Int, _ patience: Duration?, _ body: ([Post]) throws -> R
  ) throws -> R {
    let logger = Logger(label: "tessera.job")
    let watch = StallWatch(threads: threads, patience: patience ?? .zero) {
      logger.warning("\($0)")
    }
    if patience != nil { try watch.start() }
    defer { watch.leave(threads) }
    return try body(watch.posts)
  }

  /// Starts to watch; the thread ends when all that are watched have.
  ///
  /// - Throws: `io` if the system gives no thread.
  package func start() throws {
    try WorkerThreads.start(1, name: "tessera-watch") { [self] _ in watch() }
  }

  /// So many of the threads work no more.
  package func leave(_ threads: Int = 1) {
    condition.lock()
    left.withLock { $0 -= threads }
    condition.broadcast()
    condition.unlock()
  }

  private func watch() {
    let pause = min(Double(patience) / 4e9, 1)
    condition.lock()
    while left.withLock({ $0 > 0 }) {
      _ = condition.wait(until: Date(timeIntervalSinceNow: pause))
      condition.unlock()
      look()
      condition.lock()
    }
    condition.unlock()
  }

  private func look() {
    for post in posts {
      let stall = post.work.withLock { work -> Stall? in
        guard let now = work else { return nil }
        let time = Clock.nanoseconds() &- now.since
        // After once, twice, four times … the patience: who waits for an hour reads a dozen lines.
        guard time >> UInt64(now.told) >= patience else { return nil }
        work?.told += 1
        return Stall(index: now.index, name: now.name, stage: now.stage, seconds: Double(time) / 1e9)
      }
      if let stall { tell(stall) }
    }
  }
}
