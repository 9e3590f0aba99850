private import Foundation

extension Talk {
  /// Columns of the terminal that stdout is, or `COLUMNS`, or 80; within 40...160, so that charts stay readable.
  package static var width: Int {
    var size = winsize()
    let told = ProcessInfo.processInfo.environment["COLUMNS"].flatMap { Int($0) } ?? 80
    let asked = ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return min(max(asked ? Int(size.ws_col) : told, 40), 160)
  }
}
