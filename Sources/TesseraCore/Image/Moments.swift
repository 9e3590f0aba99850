/// How many values there were, their sum and the sum of their squares: in whole numbers, so that no order of
/// adding them, and no number of threads, changes a bit.
///
/// - Range: values of 0...65535. 2⁶⁴ of them fit.
public struct Moments: Sendable, Hashable {
  public var count: UInt64
  public var sum: UInt128
  public var sumOfSquares: UInt128

  public init(count: UInt64 = 0, sum: UInt128 = 0, sumOfSquares: UInt128 = 0) {
    self.count = count
    self.sum = sum
    self.sumOfSquares = sumOfSquares
  }

  /// Adds what others have counted.
  public static func += (a: inout Moments, b: Moments) {
    a.count += b.count
    a.sum += b.sum
    a.sumOfSquares += b.sumOfSquares
  }

  /// The arithmetic mean, in the values' own unit; NaN if there are none.
  public var mean: Double { Double(sum) / Double(count) }

  /// The population's standard deviation √(n·Σv² − (Σv)²) / n, as numpy's `std()`; NaN if there are no values.
  ///
  /// The difference below the root is exact up to 2⁴⁸ 16-bit or 2⁵⁶ 8-bit values: nothing cancels. Beyond,
  /// it is made of doubles.
  public var standardDeviation: Double {
    let (a, overflowA) = UInt128(count).multipliedReportingOverflow(by: sumOfSquares)
    let (b, overflowB) = sum.multipliedReportingOverflow(by: sum)
    if overflowA || overflowB {
      return max(0, Double(sumOfSquares) / Double(count) - mean * mean).squareRoot()
    }
    return Double(a - b).squareRoot() / Double(count)
  }
}
