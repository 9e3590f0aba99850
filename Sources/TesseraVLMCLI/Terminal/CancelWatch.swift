import Foundation
import Synchronization
import TesseraTerminal

/// Turns ctrl-C into the end of an answer or of a training; the second ends the process.
final class CancelWatch: Sendable {
  private final class Flag: Sendable {
    /// The signal that came; 0 for none.
    let number = Atomic<Int32>(0)
  }

  private let flag = Flag()
  // nonisolated(unsafe): set once, before anyone else can have the watch; Dispatch's sources may be used anywhere.
  nonisolated(unsafe) private let sources: [any DispatchSourceSignal]
  private let signals: [Int32]

  /// - Parameters:
  ///   - signals: what is waited for: ctrl-C alone, or what ends jobs on a cluster as well.
  ///   - notice: what is said when the first comes; nil for nothing.
  init(_ signals: [Int32] = [SIGINT], notice: String? = nil) {
    self.signals = signals
    sources = signals.map { [flag] number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(
        signal: number, queue: DispatchQueue(label: "tessera.cancel"))
      source.setEventHandler {
        guard flag.number.exchange(number, ordering: .relaxed) != 0 else {
          if let notice { Talk.say(notice) }
          return
        }
        // Not by the signal itself, which Dispatch would take for one more.
        _exit(128 + number)
      }
      source.resume()
      return source
    }
  }

  /// Whether one of the signals has come.
  var isCancelled: Bool { flag.number.load(ordering: .relaxed) != 0 }

  /// What a shell calls a process's end by the signal that came: 130 for ctrl-C; nil where none came.
  var exitStatus: Int32? {
    let number = flag.number.load(ordering: .relaxed)
    return number == 0 ? nil : 128 + number
  }

  /// Gives the signals back.
  func stop() {
    for source in sources { source.cancel() }
    for number in signals { signal(number, SIG_DFL) }
  }
}
