import TesseraCore

/// What several transforms ask of their arguments.
enum Check {
  /// - Throws: `invalidArgument` unless `value` lies in 0...1.
  static func probability(_ value: Double, name: String = "probability") throws {
    try argument(value >= 0 && value <= 1, name, "in 0...1", value)
  }

  /// - Throws: `invalidArgument` unless both sides are at least one pixel.
  static func size(_ size: Size) throws {
    try argument(size.width > 0 && size.height > 0, "size", "at least one pixel", size)
  }

  /// - Throws: `invalidArgument(name, expected, value)` unless `holds`.
  static func argument(_ holds: Bool, _ name: String, _ expected: String, _ value: Any) throws {
    if !holds { throw TesseraError(.invalidArgument(name: name, expected: expected, got: "\(value)")) }
  }
}
