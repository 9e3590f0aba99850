internal import TesseraCodecs
public import TesseraCore

extension ShapesScene {
  /// The sides that a picture may have.
  public static let sides = 16...1024
  /// The noise's standard deviation, of 255.
  static let noise = 6.0
  /// Points a pixel and axis at which a shape is sampled: coverage in 1/16.
  private static let points = 4

  /// The scene as a picture.
  ///
  /// Shapes are antialiased by 4×4 points a pixel. The noise of a channel is the sum of four random bytes (near a
  /// normal deviate, and at most 20.7 either way): whole numbers, so the bytes are the same on every machine. Traps
  /// for a side outside of `sides`.
  ///
  /// - Complexity: O(side²).
  public func image(side: Int) -> Image {
    precondition(Self.sides.contains(side), "a picture of Shapes has a side of \(Self.sides), got \(side)")
    var canvas = [Double](repeating: 0, count: 3 * side * side)
    let ground = [background.red, background.green, background.blue].map(Double.init)
    for index in canvas.indices { canvas[index] = ground[index % 3] }
    for object in objects { Self.paint(object, side, &canvas) }
    var stream = RandomStream(random).operation(Operation.noise)
    return Image(size: Size(width: side, height: side), format: .rgb) { bytes in
      for index in canvas.indices {
        bytes[index] = UInt8(min(max((canvas[index] + Self.deviate(&stream)).rounded(), 0), 255))
      }
    }
  }

  /// A sum of four bytes, moved to mean 0 and scaled to `noise`: a byte's variance is (256² − 1) / 12.
  private static func deviate(_ stream: inout RandomStream) -> Double {
    let word = stream.next32()
    let sum = (word & 255) + (word >> 8 & 255) + (word >> 16 & 255) + word >> 24
    return (Double(sum) - 510) * scale
  }

  private static let scale = noise / (4 * 65_535.0 / 12).squareRoot()

  private static func paint(_ object: ShapesObject, _ side: Int, _ canvas: inout [Double]) {
    let unit = Double(grid) / Double(side)
    let (x, y, radius) = (Double(object.x), Double(object.y), Double(object.radius))
    func pixels(_ centre: Double) -> ClosedRange<Int> {
      let (low, high) = (Int((centre - radius) / unit) - 1, Int((centre + radius) / unit) + 1)
      return max(low, 0)...min(high, side - 1)
    }
    let paint = [object.pair.colour.paint.red, object.pair.colour.paint.green, object.pair.colour.paint.blue]
    for row in pixels(y) {
      for column in pixels(x) {
        var hits = 0
        for point in 0..<points * points {
          let px = (Double(column) + (Double(point % points) + 0.5) / Double(points)) * unit
          let py = (Double(row) + (Double(point / points) + 0.5) / Double(points)) * unit
          if object.pair.shape.contains((px - x) / radius, (py - y) / radius) { hits += 1 }
        }
        guard hits > 0 else { continue }
        let cover = Double(hits) / Double(points * points)
        let start = 3 * (row * side + column)
        for channel in 0..<3 {
          canvas[start + channel] += (Double(paint[channel]) - canvas[start + channel]) * cover
        }
      }
    }
  }
}
