private import CKernels

/// A value that threads take turns with.
///
/// By a mutex of POSIX, which the thread sanitizer sees: Synchronization's is handed over by the kernel where several wait,
/// unseen, and every value in it would look like a race.
// @unchecked: the value is touched only between `tk_lock_take` and `tk_lock_give`.
package final class Guarded<Value>: @unchecked Sendable {
  private let lock: OpaquePointer
  private var value: Value

  package init(_ value: Value) {
    guard let lock = tk_lock_new() else { preconditionFailure("no memory for a lock") }
    self.lock = lock
    self.value = value
  }

  deinit { tk_lock_free(lock) }

  /// Calls `body` with the value while no other thread has it.
  package func withLock<R>(_ body: (inout Value) throws -> R) rethrows -> R {
    tk_lock_take(lock)
    defer { tk_lock_give(lock) }
    return try body(&value)
  }
}
