internal import TesseraCore

/// Weights as whole numbers of one exact sum, so that what is built on them keeps no rounding errors.
package enum WholeShares {
  /// Whole numbers in the proportion of `weights` that sum to `total` exactly.
  ///
  /// Zero stays 0, and every positive weight gets 1 or more; each is within a relative 2⁻⁴⁰ and two units of its
  /// exact share. Additions happen in the order of the indices, compensated (Neumaier), so the result is the same
  /// on every machine.
  ///
  /// - Parameters:
  ///   - weights: finite, not negative, at least one positive.
  ///   - total: at most 2⁶², at least 2³¹ times the number of weights.
  package static func make(_ weights: [Double], total: UInt64) -> [UInt64] {
    // Relative to the largest, so that no sum overflows.
    let largest = weights.max() ?? 0
    var sum = 0.0
    var lost = 0.0
    for weight in weights {
      let share = weight / largest
      let next = sum + share
      lost += sum >= share ? (sum - next) + share : (share - next) + sum
      sum = next
    }
    sum += lost
    var shares = weights.map { weight -> UInt64 in
      weight > 0 ? max(1, UInt64((weight / largest / sum * Double(total)).rounded())) : 0
    }
    balance(&shares, to: total)
    return shares
  }

  /// Spreads what rounding left over: first in proportion, then a unit each from the first on.
  private static func balance(_ shares: inout [UInt64], to total: UInt64) {
    var rest = Int(total) - shares.reduce(0) { $0 + Int($1) }
    let whole = rest
    for i in shares.indices where shares[i] > 0 {
      let product = shares[i].multipliedFullWidth(by: UInt64(whole.magnitude))
      let part = Int(total.dividingFullWidth(product).quotient)
      shares[i] = UInt64(Int(shares[i]) + (whole < 0 ? -part : part))
      rest -= whole < 0 ? -part : part
    }
    while rest != 0 {
      for i in shares.indices where shares[i] > 1 && rest != 0 {
        shares[i] = rest < 0 ? shares[i] - 1 : shares[i] + 1
        rest -= rest.signum()
      }
    }
  }

  /// Refuses weights that no share can be made of.
  ///
  /// - Returns: how many are positive.
  /// - Throws: `invalidArgument` for a negative, infinite or NaN weight (with its number), or if none is positive.
  static func check(_ weights: [Double], name: String = "weights") throws -> Int {
    var positive = 0
    for (index, weight) in weights.enumerated() {
      guard weight.isFinite, weight >= 0 else {
        throw TesseraError(
          .invalidArgument(name: "\(name)[\(index)]", expected: "finite, 0 or more", got: "\(weight)"))
      }
      if weight > 0 { positive += 1 }
    }
    guard positive > 0 else {
      throw TesseraError(
        .invalidArgument(
          name: name, expected: "with at least one above 0", got: "\(weights.count), none above 0"))
    }
    return positive
  }
}
