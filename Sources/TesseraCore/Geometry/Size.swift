/// A width and a height in pixels.
public struct Size: Sendable, Hashable, Codable, CustomStringConvertible {
  public var width: Int
  public var height: Int

  public init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  /// A square.
  public init(_ side: Int) { self.init(width: side, height: side) }

  /// Pixels: width times height; `Int.max` where they are more than that, as a hostile header may say.
  public var area: Int {
    let (product, isOver) = width.multipliedReportingOverflow(by: height)
    return isOver ? .max : product
  }
  public var shorter: Int { min(width, height) }
  public var longer: Int { max(width, height) }
  /// Width and height exchanged.
  public var transposed: Size { Size(width: height, height: width) }
  /// `width×height`.
  public var description: String { "\(width)×\(height)" }
}
