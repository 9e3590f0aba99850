/// A colour and a shape.
public struct ShapesPair: Sendable, Hashable, Codable {
  public var colour: ShapesColour
  public var shape: ShapesShape

  public init(_ colour: ShapesColour, _ shape: ShapesShape) {
    self.colour = colour
    self.shape = shape
  }

  /// `red circle`.
  public var name: String { "\(colour.rawValue) \(shape.rawValue)" }

  /// The four that training and validation never show: each shape once, each colour at most once, so that every word
  /// and every look is known and only their combination is new.
  public static let heldOut = [
    ShapesPair(.blue, .circle), ShapesPair(.yellow, .square), ShapesPair(.red, .triangle),
    ShapesPair(.purple, .bar),
  ]

  /// All 24, colour by colour.
  public static let all = ShapesColour.allCases.flatMap { colour in
    ShapesShape.allCases.map { ShapesPair(colour, $0) }
  }

  /// The 20 that training shows.
  public static let trained = all.filter { !heldOut.contains($0) }
}
