/// How large a picture's pixels are meant to be, as Pillow's `info["dpi"]` has it.
public struct Resolution: Sendable, Hashable, Codable, CustomStringConvertible {
  /// What `x` and `y` count.
  public enum Unit: String, Sendable, Hashable, Codable {
    /// Pixels an inch; other units in the file are converted.
    case inch
    /// Only the ratio of `x` to `y` means something.
    case aspect
  }

  public var x: Double
  public var y: Double
  public var unit: Unit

  public init(x: Double, y: Double, unit: Unit) {
    self.x = x
    self.y = y
    self.unit = unit
  }

  /// `72×72 dpi`, or `1:2` for a mere ratio.
  public var description: String {
    func text(_ value: Double) -> String {
      let rounded = (value * 100).rounded() / 100
      return rounded == rounded.rounded() && abs(rounded) < 1e15 ? "\(Int(rounded))" : "\(rounded)"
    }
    return unit == .inch ? "\(text(x))×\(text(y)) dpi" : "\(text(x)):\(text(y))"
  }
}
