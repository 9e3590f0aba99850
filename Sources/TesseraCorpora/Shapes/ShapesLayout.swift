internal import TesseraCore

/// Draws what a scene shows and where, in `ShapesScene.grid`-ths of the side.
enum ShapesLayout {
  /// The share of scenes with two objects.
  static let twoObjects = 0.6
  /// The least distance of an object from the border: a pixel of 48.
  static let margin = 4
  /// The least distance of two objects: two and a half pixels of 48.
  static let gap = 10

  /// Draws one or two objects that the split's pairs allow.
  ///
  /// A scene of known pairs takes any; a held-out scene has one held-out pair at a place drawn by chance, beside any
  /// other of all pairs. The objects of a scene differ in colour or shape.
  static func draw(
    _ split: ShapesSplit, using random: inout RandomStream
  ) -> (objects: [ShapesObject], relation: ShapesRelation?) {
    let hasTwo = random.bernoulli(twoObjects)
    var pairs = [choose(split == .heldout ? ShapesPair.heldOut : split.pairs, &random)]
    if hasTwo {
      let others = split.pairs.filter { $0 != pairs[0] }
      pairs.append(choose(others, &random))
      if random.bernoulli(0.5) { pairs.swapAt(0, 1) }
    }
    let objects = pairs.map { pair in
      let size = choose(ShapesSize.allCases, &random)
      return ShapesObject(pair, size, x: 0, y: 0, radius: random.integer(in: size.radii))
    }
    guard hasTwo else { return ([placed(objects[0], &random)], nil) }
    let relation = choose(ShapesRelation.allCases, &random)
    return (placed(objects[0], objects[1], relation, &random), relation)
  }

  private static func choose<T>(_ values: [T], _ random: inout RandomStream) -> T {
    values[random.integer(in: 0...values.count - 1)]
  }

  private static func room(_ object: ShapesObject) -> ClosedRange<Int> {
    margin + object.radius...ShapesScene.grid - margin - object.radius
  }

  /// One object anywhere inside of the margin.
  private static func placed(_ object: ShapesObject, _ random: inout RandomStream) -> ShapesObject {
    var object = object
    object.x = random.integer(in: room(object))
    object.y = random.integer(in: room(object))
    return object
  }

  /// Two objects, the first before the second along the relation's axis, with a gap between them. Across it their
  /// centres are at most half as far apart as along it, so that nobody could call it the other relation.
  private static func placed(
    _ first: ShapesObject, _ second: ShapesObject, _ relation: ShapesRelation, _ random: inout RandomStream
  ) -> [ShapesObject] {
    let taken = 2 * (margin + first.radius + second.radius) + gap
    let free = ShapesScene.grid - taken
    let cuts = [random.integer(in: 0...free), random.integer(in: 0...free)].sorted()
    let along = margin + first.radius + cuts[0]
    let distance = first.radius + gap + second.radius + cuts[1] - cuts[0]
    let across = random.integer(in: room(first))
    let near = room(second).clamped(to: across - distance / 2...across + distance / 2)
    let other = random.integer(in: near)
    var (a, b) = (first, second)
    switch relation {
    case .leftOf: (a.x, a.y, b.x, b.y) = (along, across, along + distance, other)
    case .above: (a.x, a.y, b.x, b.y) = (across, along, other, along + distance)
    }
    return [a, b]
  }
}
