import Foundation

/// Work on threads that are made for it and end with it.
public enum OwnThread {
  /// Calls `body` on so many new threads at once, with their numbers, and waits for them to end.
  public static func run(_ count: Int = 1, _ body: @escaping @Sendable (_ number: Int) -> Void) {
    let group = DispatchGroup()
    for number in 0..<count {
      group.enter()
      let thread = Thread {
        body(number)
        group.leave()
      }
      thread.stackSize = 1 << 20
      thread.start()
    }
    group.wait()
  }
}
