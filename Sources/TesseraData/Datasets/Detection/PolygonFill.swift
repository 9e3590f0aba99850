internal import TesseraCore

/// Fills polygons as COCO's tools do, to the pixel.
///
/// Corners are rounded to fifths of a pixel and joined by digital lines. Where a line passes the middle of a column it
/// leaves a crossing; the pixels between each two crossings down the columns are inside. Source: the rule that
/// `pycocotools` follows, whose masks the tests compare with.
enum PolygonFill {
  private static let scale = 5.0
  /// Corners farther out are refused: lines are followed step by step.
  static let farthest = 1 << 20

  /// Sets the pixels inside of a polygon to a value.
  ///
  /// - Parameter corners: x and y by turns.
  /// - Throws: `corrupt` for fewer than three corners, half a corner, or one too far out; `limitExceeded`.
  static func paint(
    _ corners: [Double], _ value: UInt8, on pixels: UnsafeMutableBufferPointer<UInt8>, _ size: Size,
    _ budget: inout MaskBudget
  ) throws {
    guard corners.count >= 6, corners.count % 2 == 0 else {
      throw TesseraError(
        .corrupt(
          format: "the polygon", detail: "\(corners.count) numbers; it needs x and y of at least 3 corners"))
    }
    if let far = corners.first(where: { abs($0) > Double(farthest) }) {
      throw TesseraError(.corrupt(format: "the polygon", detail: "a corner at \(far)"))
    }
    let fine = corners.map { Int(scale * $0 + 0.5) }
    try budget.spend(length(fine))
    var crossings = crossings(fine, size)
    crossings.sort()
    crossings.append(size.area)
    for pair in stride(from: 0, to: crossings.count - 1, by: 2) {
      try budget.spend(crossings[pair + 1] - crossings[pair])
      RunLengths.paint(crossings[pair]..<crossings[pair + 1], value, on: pixels, size)
    }
  }

  /// The steps of the outline.
  private static func length(_ fine: [Int]) -> Int {
    stride(from: 0, to: fine.count, by: 2).reduce(0) { sum, corner in
      let next = (corner + 2) % fine.count
      return sum + max(abs(fine[next] - fine[corner]), abs(fine[next + 1] - fine[corner + 1])) + 1
    }
  }

  /// Where the outline passes the columns' middles, as places counted down the columns.
  private static func crossings(_ fine: [Int], _ size: Size) -> [Int] {
    let count = fine.count / 2
    var crossings: [Int] = []
    var last: (x: Int, y: Int)?
    for corner in 0..<count {
      let next = (corner + 1) % count
      line(from: (fine[2 * corner], fine[2 * corner + 1]), to: (fine[2 * next], fine[2 * next + 1])) { x, y in
        if let last, last.x != x, let place = crossing(from: last, to: (x, y), size) {
          crossings.append(place)
        }
        last = (x, y)
      }
    }
    return crossings
  }

  /// The points of a digital line, in order. It is always computed from its lower end on the longer axis, so that a
  /// line gives the same points in both directions.
  private static func line(
    from start: (x: Int, y: Int), to end: (x: Int, y: Int), _ visit: (Int, Int) -> Void
  ) {
    let (dx, dy) = (abs(end.x - start.x), abs(end.y - start.y))
    let isFlat = dx >= dy
    let isTurned = isFlat ? start.x > end.x : start.y > end.y
    let (low, high) = isTurned ? (end, start) : (start, end)
    let length = max(dx, dy)
    // A line of one point has no slope.
    let slope = length == 0 ? 0 : Double(isFlat ? high.y - low.y : high.x - low.x) / Double(length)
    for step in 0...length {
      let along = isTurned ? length - step : step
      let across = Double(isFlat ? low.y : low.x) + slope * Double(along) + 0.5
      if isFlat { visit(low.x + along, Int(across)) } else { visit(Int(across), low.y + along) }
    }
  }

  /// The place of a step to another fine column, if that is where a pixel's column has its middle.
  private static func crossing(from last: (x: Int, y: Int), to point: (x: Int, y: Int), _ size: Size) -> Int?
  {
    let x = (Double(point.x < last.x ? point.x : point.x - 1) + 0.5) / scale - 0.5
    guard x == x.rounded(.down), x >= 0, x <= Double(size.width - 1) else { return nil }
    let y = (Double(min(point.y, last.y)) + 0.5) / scale - 0.5
    return Int(x) * size.height + Int(min(max(y, 0), Double(size.height)).rounded(.up))
  }
}
