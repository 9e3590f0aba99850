import Foundation
import Tessera
import TesseraTerminal

/// Shows how far a job is: a bar that redraws itself on a terminal, now and then a plain line elsewhere.
// @unchecked: the job calls `update` one call at a time; `start` and `finish` come before and after.
final class ProgressLine: @unchecked Sendable {
  private let isTerminal = Talk.isTerminal
  private let started = ProcessInfo.processInfo.systemUptime
  private var lastShown = 0.0
  private var shown = false

  /// Takes notice of progress; draws it if enough time has passed.
  func update(_ progress: PreprocessJob.Progress) {
    let now = ProcessInfo.processInfo.systemUptime
    let isLast = progress.done + progress.failed == progress.total
    guard now - lastShown >= (isTerminal ? 0.1 : 5) || (isTerminal && isLast) else { return }
    // The first plain line comes after five seconds: short runs need none.
    if !isTerminal && lastShown == 0 && now - started < 5 { return }
    lastShown = now
    shown = true
    let line = text(progress, elapsed: now - started)
    Talk.write(isTerminal ? "\r\(bar(progress)) \(line)\u{1B}[K" : "\(line)\n")
  }

  /// Leaves the bar's line.
  func finish() {
    if isTerminal && shown { Talk.write("\n") }
  }

  private func text(_ progress: PreprocessJob.Progress, elapsed: Double) -> String {
    let finished = progress.done + progress.failed
    let rate = Double(finished - progress.carried) / max(elapsed, 1e-6)
    var parts = ["\(finished) of \(progress.total)", "\(Words.rate(rate)) images/s"]
    if rate > 0 && finished < progress.total {
      parts.append("\(Words.duration(Double(progress.total - finished) / rate)) left")
    }
    if progress.failed > 0 { parts.append("\(progress.failed) failed") }
    return parts.joined(separator: ", ")
  }

  private func bar(_ progress: PreprocessJob.Progress) -> String {
    ProgressBar.text(done: progress.done + progress.failed, of: progress.total)
  }
}
