private import Foundation
internal import TesseraCore

/// Threads of our own for work that computes and waits for disks; Swift's cooperative pool must do neither.
package enum WorkerThreads {
  /// Calls `body(0)` … `body(count − 1)`, each on its own thread, and waits for all.
  ///
  /// - Throws: `outOfMemory` if the system gives not even one thread. Fewer threads than asked for are fine.
  package static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
    var threads: [pthread_t] = []
    for number in 0..<count {
      let task = Unmanaged.passRetained(Task { body(number) })
      #if canImport(Darwin)
        var thread: pthread_t?
      #else
        var thread = pthread_t()
      #endif
      let status = pthread_create(&thread, nil, start, task.toOpaque())
      guard status == 0 else {
        task.release()
        break
      }
      #if canImport(Darwin)
        if let thread { threads.append(thread) }
      #else
        threads.append(thread)
      #endif
    }
    if threads.isEmpty && count > 0 {
      throw TesseraError(.io(operation: "start a thread", code: EAGAIN, message: "the system refused"))
    }
    for thread in threads { pthread_join(thread, nil) }
  }

  #if canImport(Darwin)
    private static let start: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = {
      run($0)
    }
  #else
    private static let start: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
      run($0)
    }
  #endif

  private static func run(_ context: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    if let context { Unmanaged<Task>.fromOpaque(context).takeRetainedValue().body() }
    return nil
  }

  private final class Task {
    let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
  }
}
