/// exp, log, sin and cos by fixed polynomials: the same bits on every machine.
///
/// The C library's functions differ between machines in the last bit, and a batch must not. Only
/// additions, multiplications, divisions and exact scalings are used, each rounded on its own
/// (Swift never contracts `a * b + c`). Error below 2 units in the last place over the ranges used.
public enum FixedMath {
  /// e to the power of `x`. Underflows to 0 below −708, overflows to infinity above 709.
  ///
  /// Cody–Waite reduction by ln 2 in two parts, then the Taylor series of degree 13 on |r| ≤ ln 2 / 2.
  public static func exp(_ x: Double) -> Double {
    if x.isNaN { return x }
    if x > 709 { return .infinity }
    if x < -708 { return 0 }
    let n = (x * 1.442695040888963407359924681001892137).rounded(.toNearestOrEven)
    let r = (x - n * 0x1.62e42fee00000p-1) - n * 0x1.a39ef35793c76p-33
    var sum = 1.0
    for k in stride(from: 13.0, through: 1, by: -1) { sum = 1 + r * sum / k }
    return Double(sign: .plus, exponent: Int(n), significand: 1) * sum
  }

  /// The natural logarithm. −∞ at 0, NaN below.
  ///
  /// `x = 2^k · m`, √½ ≤ m < √2; `log m = 2 atanh((m − 1) / (m + 1))` by its series to the 23rd power.
  public static func log(_ x: Double) -> Double {
    if x.isNaN || x < 0 { return .nan }
    if x == 0 { return -.infinity }
    if x == .infinity { return x }
    var k = Double(x.exponent)
    var m = x.significand
    if m > 1.4142135623730951 {
      m /= 2
      k += 1
    }
    let s = (m - 1) / (m + 1)
    let s2 = s * s
    var sum = 1.0 / 23
    for d in stride(from: 21.0, through: 3, by: -2) { sum = sum * s2 + 1 / d }
    // ln 2 in two parts, the first with trailing zeros, so that k times it is exact.
    return k * 0x1.62e42fee00000p-1 + (2 * s + (2 * s * s2 * sum + k * 0x1.a39ef35793c76p-33))
  }

  /// The cosine of `x` radians, |x| ≤ 2^20.
  public static func cos(_ x: Double) -> Double { sinCos(x).cos }

  /// The sine of `x` radians, |x| ≤ 2^20.
  public static func sin(_ x: Double) -> Double { sinCos(x).sin }

  /// Both: reduction by π/2 in three parts, then the Taylor series on |r| ≤ π/4.
  public static func sinCos(_ x: Double) -> (sin: Double, cos: Double) {
    precondition(abs(x) <= 0x1p20, "FixedMath.sinCos of \(x)")
    let n = (x * 0.636619772367581343075535053490057448).rounded(.toNearestOrEven)
    let r =
      ((x - n * 0x1.921fb54400000p0) - n * 0x1.0b4611a600000p-34) - n * 0x1.3198a2e037073p-69
    let r2 = r * r
    var s = 1.0
    var c = 1.0
    for k in stride(from: 18.0, through: 2, by: -2) {
      s = 1 - r2 * s / (k * (k + 1))
      c = 1 - r2 * c / (k * (k - 1))
    }
    s *= r
    switch Int(n) & 3 {
    case 0: return (s, c)
    case 1: return (c, -s)
    case 2: return (-s, -c)
    default: return (-c, s)
    }
  }
}
