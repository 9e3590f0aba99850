private import Foundation

/// Lets one thread at a time work on one sample: what two ask for at once is made once.
// @unchecked: the set is touched only between `lock` and `unlock`.
final class SingleFlight: @unchecked Sendable {
  private let condition = NSCondition()
  private var inside: Set<Int> = []

  /// Calls `body` when no other thread is inside for the same sample.
  func run<R>(_ sample: Int, _ body: () throws -> R) rethrows -> R {
    condition.lock()
    while inside.contains(sample) { condition.wait() }
    inside.insert(sample)
    condition.unlock()
    defer {
      condition.lock()
      inside.remove(sample)
      condition.broadcast()
      condition.unlock()
    }
    return try body()
  }
}
