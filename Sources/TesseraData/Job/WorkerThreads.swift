private import Foundation
internal import TesseraCore

/// Threads of our own for work that computes and waits for disks; Swift's cooperative pool must do neither.
package enum WorkerThreads {
  /// Calls `body(0)` … `body(count − 1)`, each on its own thread, and waits for all.
  ///
  /// - Throws: `io` if the system gives not even one thread. Fewer threads than asked for are fine.
  package static func run(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws {
    for thread in try create(count, body) { pthread_join(thread, nil) }
  }

  /// Calls `body(0)` … `body(count − 1)`, each on its own thread, and waits for none.
  ///
  /// - Parameter name: what the system shows the threads as, at most 15 bytes.
  /// - Returns: how many there are: the system may give fewer.
  /// - Throws: as `run`.
  @discardableResult
  package static func start(
    _ count: Int, name: String, _ body: @escaping @Sendable (Int) -> Void
  ) throws -> Int {
    let threads = try create(count) { number in
      show(as: name)
      body(number)
    }
    for thread in threads { pthread_detach(thread) }
    return threads.count
  }

  /// Gives the calling thread a name in the system's lists (glibc's own call is hidden from Swift).
  private static func show(as name: String) {
    #if os(Linux)
      let file = open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
      guard file >= 0 else { return }
      _ = name.withCString { write(file, $0, strlen($0)) }
      close(file)
    #else
      pthread_setname_np(name)
    #endif
  }

  private static func create(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) throws -> [pthread_t] {
    var threads: [pthread_t] = []
    for number in 0..<count {
      let task = Unmanaged.passRetained(Task { body(number) })
      #if canImport(Darwin)
        var thread: pthread_t?
      #else
        var thread = pthread_t()
      #endif
      guard pthread_create(&thread, nil, entry, task.toOpaque()) == 0 else {
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
    return threads
  }

  #if canImport(Darwin)
    private static let entry: @convention(c) (UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? = {
      run($0)
    }
  #else
    private static let entry: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = {
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
