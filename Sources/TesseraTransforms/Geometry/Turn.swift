import TesseraCore

/// The trigonometry of rotations: degrees in, FixedMath's sine and cosine out.
enum Turn {
  static func radians(_ degrees: Double) -> Double { degrees * (Double.pi / 180) }

  /// Python's `round(x, 15)` for |x| ≤ 1: the double nearest to the decimal, which Pillow's rotation uses.
  static func rounded15(_ x: Double) -> Double {
    let product = x * 1e15
    // The product's own rounding error, exactly: near 1e15 it is a matter of eighths.
    let error = (-product).addingProduct(x, 1e15)
    let below = product.rounded(.down)
    let fraction = (product - below) + error
    let up = fraction > 0.5 || (fraction == 0.5 && below.truncatingRemainder(dividingBy: 2) != 0)
    return (up ? below + 1 : below) / 1e15
  }
}
