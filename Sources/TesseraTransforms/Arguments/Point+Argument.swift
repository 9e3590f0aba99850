public import TesseraCore

/// A point in text: `[x, y]`.
extension Point: ArgumentConvertible {
  public static var argumentType: String { "[x, y]" }

  public init?(argument: ArgumentNode) throws {
    guard let values = try [Double](argument: argument), values.count == 2 else { return nil }
    self.init(x: values[0], y: values[1])
  }

  public var argument: ArgumentNode { [x, y].argument }

  public var swiftSource: String { "Point(x: \(x.swiftSource), y: \(y.swiftSource))" }
}
