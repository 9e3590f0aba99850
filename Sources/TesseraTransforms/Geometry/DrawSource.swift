package import TesseraCore

/// Where a draw takes its numbers from: a random stream, or a test's list of chosen ones.
package protocol DrawSource {
  /// Uniform in `range`.
  mutating func uniform(_ range: ClosedRange<Double>) -> Double
  /// A whole number of `range`.
  mutating func integer(in range: ClosedRange<Int>) -> Int
}

extension RandomStream: DrawSource {}
