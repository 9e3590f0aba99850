private import Foundation

/// Where values lie along an axis, and which of them have labels.
package struct AxisScale {
  package let lower: Double
  package let upper: Double
  package let isLogarithmic: Bool
  /// The values with labels.
  package let ticks: [Double]

  /// An axis on which all values lie; a linear one begins and ends at a label, and has zero on it where it is near.
  package static func linear(_ values: some Sequence<Double>, count: Double = 5) -> AxisScale {
    var (low, high) = range(values) ?? (0, 1)
    if low > 0 && low < high * 0.35 { low = 0 }
    if low == high { (low, high) = low == 0 ? (0, 1) : (low - abs(low) * 0.1, high + abs(high) * 0.1) }
    let step = nice((high - low) / count)
    let first = (low / step + 1e-9).rounded(.down)
    let last = (high / step - 1e-9).rounded(.up)
    let ticks = (0...Int(last - first)).map { (first + Double($0)) * step }
    return AxisScale(lower: first * step, upper: last * step, isLogarithmic: false, ticks: ticks)
  }

  /// An axis of the steps of a run: it ends where they do.
  package static func steps(from low: Double, to high: Double, count: Double) -> AxisScale {
    let high = max(high, low + 1)
    let step = max(nice((high - low) / count), 1)
    let first = (low / step - 1e-9).rounded(.up)
    let last = max((high / step + 1e-9).rounded(.down), first)
    return AxisScale(
      lower: low, upper: high, isLogarithmic: false,
      ticks: (0...Int(last - first)).map { (first + Double($0)) * step })
  }

  /// A logarithmic axis; nil unless some value is over zero.
  package static func logarithmic(_ values: some Sequence<Double>) -> AxisScale? {
    guard let (low, high) = range(values.lazy.filter { $0 > 0 }) else { return nil }
    let (first, last) = (log10(low), log10(high))
    // Under two decades the axis begins and ends at 1, 2 or 5; over that, at a power of ten.
    let factors: [Double] = last - first < 2 ? [1, 2, 5] : [1]
    let all = (Int(first.rounded(.down)) - 1...Int(last.rounded(.up)) + 1).flatMap { power in
      factors.map { $0 * pow(10, Double(power)) }
    }
    let lower = all.last { $0 <= low * 1.0001 } ?? low
    var upper = all.first { $0 >= high * 0.9999 } ?? high
    if upper <= lower { upper = all.first { $0 > lower } ?? lower * 10 }
    let stride = max(1, Int(((log10(upper) - log10(lower)) / 8).rounded(.up)))
    let ticks = all.filter { $0 >= lower * 0.9999 && $0 <= upper * 1.0001 }
    return AxisScale(
      lower: lower, upper: upper, isLogarithmic: true,
      ticks: factors.count > 1
        ? ticks : ticks.enumerated().filter { $0.offset % stride == 0 }.map(\.element))
  }

  /// Where a value lies, 0 at the axis's beginning and 1 at its end; nil where a logarithmic axis has no place for it.
  package func place(_ value: Double) -> Double? {
    guard value.isFinite else { return nil }
    guard isLogarithmic else { return (value - lower) / (upper - lower) }
    return value > 0 ? log(value / lower) / log(upper / lower) : nil
  }

  private static func range(_ values: some Sequence<Double>) -> (Double, Double)? {
    var (low, high) = (Double.infinity, -Double.infinity)
    for value in values where value.isFinite { (low, high) = (min(low, value), max(high, value)) }
    return low <= high ? (low, high) : nil
  }

  /// The smallest of 1, 2 and 5 times a power of ten that is no smaller.
  private static func nice(_ value: Double) -> Double {
    let power = pow(10, floor(log10(value)))
    return [1, 2, 5, 10].first { $0 * power >= value * 0.9999 }.map { $0 * power } ?? value
  }
}
