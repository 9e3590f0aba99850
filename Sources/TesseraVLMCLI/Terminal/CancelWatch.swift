import Foundation
import Synchronization

/// Turns ctrl-C into the end of an answer; the second ends the process.
final class CancelWatch: Sendable {
  private final class Flag: Sendable {
    let isSet = Atomic(false)
  }

  private let flag = Flag()
  // nonisolated(unsafe): set once, before anyone else can have the watch; Dispatch's sources may be used anywhere.
  nonisolated(unsafe) private let source: any DispatchSourceSignal

  init() {
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT, queue: DispatchQueue(label: "tessera.cancel"))
    source.setEventHandler { [flag] in
      if flag.isSet.exchange(true, ordering: .relaxed) {
        signal(SIGINT, SIG_DFL)
        raise(SIGINT)
      }
    }
    source.resume()
  }

  /// Whether ctrl-C has been pressed.
  var isCancelled: Bool { flag.isSet.load(ordering: .relaxed) }

  /// Gives the signal back.
  func stop() {
    source.cancel()
    signal(SIGINT, SIG_DFL)
  }
}
