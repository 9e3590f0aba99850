/// The trigonometry of rotations and shears: sine, cosine and tangent rounded once from about 106 bits.
///
/// `FixedMath`'s are one or two units in the last place off, the C library's at most about 0.6. Pillow cuts fractions
/// off, so where exact arithmetic gives a whole level (at the pivot, say) the last bit shows. Rounded once, the
/// values are the C library's (glibc) in all but two cases of a thousand, and the same on every machine.
package enum Turn {
  static func radians(_ degrees: Double) -> Double { degrees * (Double.pi / 180) }

  /// Sine, cosine and tangent of `radians`, |radians| ≤ 2^20.
  package static func values(_ radians: Double) -> (sin: Double, cos: Double, tan: Double) {
    precondition(abs(radians) <= 0x1p20, "Turn.values of \(radians)")
    // π/2 in parts: n times the first two are exact.
    let n = (radians * 0.636619772367581343075535053490057448).rounded(.toNearestOrEven)
    let reduced =
      DoubleDouble(radians - n * 0x1.921fb54400000p0) - DoubleDouble(n * 0x1.0b4611a600000p-34)
      - DoubleDouble.product(n, 0x1.3198a2e037073p-69)
    let square = reduced * reduced
    let one = DoubleDouble(1)
    // Taylor on |r| ≤ π/4: the first term left out is below 2^-110.
    var (s, c) = (one, one)
    for k in stride(from: 26.0, through: 2, by: -2) {
      s = one - square * s / DoubleDouble(k * (k + 1))
      c = one - square * c / DoubleDouble(k * (k - 1))
    }
    s = s * reduced
    let negative = { (v: DoubleDouble) in DoubleDouble(-v.high, -v.low) }
    let (sine, cosine) =
      switch Int(n) & 3 {
      case 0: (s, c)
      case 1: (c, negative(s))
      case 2: (negative(s), negative(c))
      default: (negative(c), s)
      }
    return (sine.high, cosine.high, (sine / cosine).high)
  }

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
