/// One object of a scene.
public struct ShapesObject: Sendable, Hashable, Codable {
  public var pair: ShapesPair
  public var size: ShapesSize
  /// The centre and the radius in `ShapesScene.grid`-ths of the picture's side, from the left and from the top.
  public var x: Int
  public var y: Int
  public var radius: Int

  public init(_ pair: ShapesPair, _ size: ShapesSize, x: Int, y: Int, radius: Int) {
    self.pair = pair
    self.size = size
    self.x = x
    self.y = y
    self.radius = radius
  }

  /// `small red circle`.
  public var name: String { "\(size.rawValue) \(pair.name)" }
}
