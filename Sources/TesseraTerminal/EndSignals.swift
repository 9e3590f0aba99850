private import Foundation

/// Signals that ask a command to end.
package enum EndSignals {
  /// SIGHUP, of a terminal that closes; nothing for a command that was told to outlive it (`nohup`).
  package static var hangUp: [Int32] {
    var action = sigaction()
    guard sigaction(SIGHUP, nil, &action) == 0 else { return [] }
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1 ? [] : [SIGHUP]
  }
}
