package import TesseraCore

extension RandomStream {
  /// A gamma deviate of shape `alpha` > 0 and scale 1.
  ///
  /// Marsaglia and Tsang, "A simple method for generating gamma variables" (2000); below 1 by the deviate of
  /// `alpha + 1` times a power of a uniform one.
  mutating func gamma(_ alpha: Double) -> Double {
    if alpha < 1 {
      let boosted = gamma(alpha + 1)
      return boosted * FixedMath.exp(FixedMath.log(1 - uniform()) / alpha)
    }
    let d = alpha - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      let x = normal()
      let base = 1 + c * x
      if base <= 0 { continue }
      let v = base * base * base
      if FixedMath.log(1 - uniform()) < 0.5 * x * x + d - d * v + d * FixedMath.log(v) { return d * v }
    }
  }

  /// `count` weights that sum to 1, from the symmetric Dirichlet distribution of `alpha`.
  package mutating func dirichlet(_ alpha: Double, count: Int) -> [Double] {
    let parts = (0..<count).map { _ in gamma(alpha) }
    let sum = parts.reduce(0, +)
    // Tiny alphas may underflow all parts: the limit has all weight on one of them.
    guard sum > 0 else {
      let winner = integer(in: 0...count - 1)
      return (0..<count).map { $0 == winner ? 1 : 0 }
    }
    return parts.map { $0 / sum }
  }
}
