private import Foundation

/// Makes things ahead, one after another, on a thread of its own.
// @unchecked: everything that changes is touched only while `condition` is locked.
final class Prefetcher<Element: Sendable>: @unchecked Sendable {
  private let condition = NSCondition()
  private var ready: [Result<Element?, any Error>] = []
  private var isCancelled = false
  private var isOver = false
  private let depth: Int

  /// - Parameters:
  ///   - depth: how many are made ahead.
  ///   - make: gives a function that makes the next, nil at the end; both are called on the thread.
  init(depth: Int, _ make: @escaping @Sendable () throws -> () throws -> Element?) {
    self.depth = depth
    // The thread does not hold the prefetcher: who lets go of it ends the work.
    let thread = Thread { [weak self] in
      // On Linux 0 is this thread alone, and the loader's threads, which it starts, take after it: they make use of what
      // computing leaves, and do not take a processor from it at each of their awakenings.
      _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 5)
      let next: () throws -> Element?
      do { next = try make() } catch {
        _ = self?.put(.failure(error))
        return
      }
      while true {
        let result = Result { try next() }
        guard let self, self.put(result), case .success(.some) = result else { return }
      }
    }
    thread.name = "tessera.prefetch"
    thread.start()
  }

  /// Waits for room; false where nobody wants more.
  private func put(_ result: Result<Element?, any Error>) -> Bool {
    condition.lock()
    defer { condition.unlock() }
    while ready.count >= depth && !isCancelled { condition.wait() }
    guard !isCancelled else { return false }
    ready.append(result)
    condition.broadcast()
    return true
  }

  /// The next, or nil at the end. Waits for it.
  func next() throws -> Element? {
    condition.lock()
    defer { condition.unlock() }
    if isOver { return nil }
    while ready.isEmpty && !isCancelled { condition.wait() }
    guard !ready.isEmpty else { return nil }
    let result = ready.removeFirst()
    if case .success(.some) = result {} else { isOver = true }
    // Not for every place that becomes free: the woken thread may take the processor from this one, which has a step to
    // compute.
    if ready.count <= depth / 2 { condition.broadcast() }
    return try result.get()
  }

  /// Ends the work after what is at hand.
  func cancel() {
    condition.lock()
    isCancelled = true
    ready = []
    condition.broadcast()
    condition.unlock()
  }
}
