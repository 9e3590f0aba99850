/// A bar of signs that every terminal has: `[######..................]`.
package enum ProgressBar {
  /// The bar of a job of which `done` of `total` is done.
  package static func text(done: Int, of total: Int, width: Int = 24) -> String {
    let filled = min(max(done * width / max(total, 1), 0), width)
    return "[" + String(repeating: "#", count: filled) + String(repeating: ".", count: width - filled) + "]"
  }
}
