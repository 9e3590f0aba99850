import Foundation
import Tessera
import TesseraTerminal

/// Turns ctrl-C (a polite kill, a terminal that closes) into the end of a job at the next picture; the second ends the process.
final class InterruptWatch {
  private let sources: [any DispatchSourceSignal]
  private let signals: [Int32]

  init(_ control: JobControl) {
    // A file over the shell's limit (ulimit -f) is then an error of the write, not the end of the process.
    signal(SIGXFSZ, SIG_IGN)
    let queue = DispatchQueue(label: "tessera.interrupt")
    signals = [SIGINT, SIGTERM] + EndSignals.hangUp
    sources = signals.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
      source.setEventHandler {
        if control.isCancelled {
          signal(number, SIG_DFL)
          raise(number)
        }
        control.cancel()
        Talk.say("\ntessera: finishing the pictures at hand (once more to end at once)")
      }
      source.resume()
      return source
    }
  }

  /// Gives the signals back.
  func stop() {
    for source in sources { source.cancel() }
    for number in signals { signal(number, SIG_DFL) }
  }
}
