import TesseraCore

/// The last passes of a pipeline whose end is fixed: made for its first picture of a format, and kept for the others.
final class PassCache: Sendable {
  private struct Entry: Sendable {
    var format: PixelFormat
    /// nil: the end is no table.
    var pass: TensorPass?
  }

  private let entries = Guarded<[Entry]>([])

  /// The pass for a format; `make` gives the same whenever it is called.
  func pass(for format: PixelFormat, _ make: () throws -> TensorPass?) rethrows -> TensorPass? {
    if let found = entries.withLock({ $0.first { $0.format == format } }) { return found.pass }
    let entry = Entry(format: format, pass: try make())
    // Two threads may both have made it: they made the same.
    entries.withLock { if !$0.contains(where: { $0.format == format }) { $0.append(entry) } }
    return entry.pass
  }
}
