import Foundation
import TesseraCore

/// What this process takes of memory.
enum Memory {
  /// The most that a call adds to the resident size, in bytes. Other tests' memory comes and goes meanwhile: the call is
  /// made up to five times until its part is below what is allowed, and the least of them is the answer.
  static func growth(below allowed: Int, _ body: () throws -> Void) throws -> Int {
    try turn.withLock { _ in
      var least = Int.max
      for _ in 0..<5 where least >= allowed {
        // "5" sets the peak back to what is resident now: proc_pid_clear_refs(5).
        try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
        let before = try field("VmRSS")
        try body()
        least = min(least, try field("VmHWM") - before)
      }
      return least
    }
  }

  /// There is one peak a process.
  private static let turn = Guarded(())

  private static func field(_ name: String) throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    guard let words = line?.split(whereSeparator: \.isWhitespace), words.count == 3, let size = Int(words[1])
    else { throw CocoaError(.fileReadCorruptFile) }
    return size << 10
  }
}
