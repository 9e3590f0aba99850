import Foundation

/// What this process has taken of memory.
enum Memory {
  /// The largest resident size so far, in bytes.
  static func peak() -> Int {
    var usage = rusage()
    // 0 is RUSAGE_SELF, which C libraries declare in different types.
    getrusage(0, &usage)
    #if os(Linux)
      return usage.ru_maxrss << 10
    #else
      return usage.ru_maxrss
    #endif
  }
}
