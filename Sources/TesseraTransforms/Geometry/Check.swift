import TesseraCore

/// What several transforms ask of their arguments.
enum Check {
  /// - Throws: `invalidArgument` unless `value` lies in 0...1.
  static func probability(_ value: Double, name: String = "probability") throws {
    try argument(value >= 0 && value <= 1, name, "in 0...1", value)
  }

  /// The greatest side of a picture and width of a padding: sums of a few of them are far from overflow.
  static let largest = 1 << 30

  /// - Throws: `invalidArgument` unless both sides are 1...`largest` pixels.
  static func size(_ size: Size) throws {
    try argument(
      (1...largest).contains(size.width) && (1...largest).contains(size.height), "size",
      "1 to \(largest) pixels a side", size)
  }

  /// - Throws: `invalidArgument` unless both coordinates lie within ±1e9.
  static func place(_ point: Point?, _ name: String) throws {
    guard let point else { return }
    try argument(abs(point.x) <= 1e9 && abs(point.y) <= 1e9, name, "within ±1e9", "[\(point.x), \(point.y)]")
  }

  /// - Throws: `invalidArgument(name, expected, value)` unless `holds`.
  static func argument(_ holds: Bool, _ name: String, _ expected: String, _ value: Any) throws {
    if !holds { throw TesseraError(.invalidArgument(name: name, expected: expected, got: "\(value)")) }
  }
}
