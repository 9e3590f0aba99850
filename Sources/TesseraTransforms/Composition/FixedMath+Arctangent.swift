package import TesseraCore

extension FixedMath {
  /// The arctangent of `x` in radians, by additions, multiplications, divisions and square roots alone.
  ///
  /// `atan x = 2 atan(x / (1 + √(1 + x²)))`, three times, leaves |x| < 0.2 (tan π/16), where its series converges
  /// by a factor of 25 a term. Error below 4 units in the last place.
  package static func arctangent(_ x: Double) -> Double {
    var t = x
    for _ in 0..<3 { t = t / (1 + (1 + t * t).squareRoot()) }
    let square = t * t
    var sum = 0.0
    for k in stride(from: 27.0, through: 1, by: -2) { sum = 1 / k - square * sum }
    return 8 * (t * sum)
  }
}
