private import Foundation

extension Talk {
  /// Columns of the terminal that stdout is, or `COLUMNS`, or 80; within 40...160, so that charts stay readable.
  package static var width: Int { min(max(columns(STDOUT_FILENO), 40), 160) }

  /// Columns of the terminal that stderr is, or `COLUMNS`, or 80.
  package static var errorWidth: Int { max(columns(STDERR_FILENO), 2) }

  private static func columns(_ file: Int32) -> Int {
    var size = winsize()
    let told = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 80
    return ioctl(file, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0 ? Int(size.ws_col) : told
  }
}
