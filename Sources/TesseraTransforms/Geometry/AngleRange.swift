/// Angles between two bounds, in degrees. One number stands for ± that number.
public struct AngleRange: Sendable, Hashable, Codable, ArgumentConvertible {
  public var range: ClosedRange<Double>

  public init(_ range: ClosedRange<Double>) { self.range = range }

  public static var argumentType: String { "degrees (for ±) | lower...upper" }

  public init?(argument: ArgumentNode) throws {
    if let degrees = Double(argument: argument) {
      guard degrees >= 0 else { return nil }
      range = -degrees...degrees
    } else if let range = try ClosedRange<Double>(argument: argument) {
      self.range = range
    } else {
      return nil
    }
  }

  public var argument: ArgumentNode {
    range.lowerBound == -range.upperBound ? range.upperBound.argument : range.argument
  }

  /// The initialisers take the range itself.
  public var swiftSource: String { range.swiftSource }
}

/// Shears along x and perhaps along y, in degrees: one number for ± that along x, or lower and upper bounds.
public struct ShearRange: Sendable, Hashable, Codable, ArgumentConvertible {
  public var x: ClosedRange<Double>
  public var y: ClosedRange<Double>?

  public init(x: ClosedRange<Double>, y: ClosedRange<Double>? = nil) {
    self.x = x
    self.y = y
  }

  public static var argumentType: String {
    "degrees (for ±) | lower...upper | [x lower, x upper, y lower, y upper]"
  }

  public init?(argument: ArgumentNode) throws {
    if let both = try [Double](argument: argument), both.count == 4 {
      guard both[0] <= both[1], both[2] <= both[3] else { return nil }
      self.init(x: both[0]...both[1], y: both[2]...both[3])
    } else if let range = try AngleRange(argument: argument) {
      self.init(x: range.range)
    } else {
      return nil
    }
  }

  public var argument: ArgumentNode {
    guard let y else { return AngleRange(x).argument }
    return [x.lowerBound, x.upperBound, y.lowerBound, y.upperBound].argument
  }

  public var swiftSource: String {
    let second = y.map { ", y: \($0.swiftSource)" } ?? ""
    return "ShearRange(x: \(x.swiftSource)\(second))"
  }
}
