private import TesseraCore

/// How far `ColorJitter` goes: an amount around the neutral value, or the range itself.
///
/// A literal is an amount: `ColorJitter(brightness: 0.4)` draws factors of 0.6...1.4.
public enum JitterAmount: Sendable, Hashable, ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral {
  /// Up to this far from neutral, on both sides (factors stop at 0).
  case amount(Double)
  /// From here to there.
  case range(ClosedRange<Double>)

  public init(floatLiteral value: Double) { self = .amount(value) }
  public init(integerLiteral value: Int) { self = .amount(Double(value)) }

  /// What is drawn from; nil if only the neutral value could come out.
  ///
  /// - Parameters:
  ///   - neutral: 1 for factors, 0 for shifts.
  ///   - bounds: what values may be; an amount for factors is cut off at the lower one.
  /// - Throws: `invalidArgument` outside of `bounds`.
  func range(named name: String, neutral: Double, in bounds: ClosedRange<Double>) throws -> ClosedRange<
    Double
  >? {
    let range: ClosedRange<Double>
    switch self {
    case .amount(let amount):
      guard amount >= 0, amount.isFinite else { throw fault(name, bounds) }
      let low = neutral - amount
      range = (neutral == 1 ? max(low, bounds.lowerBound) : low)...(neutral + amount)
    case .range(let given): range = given
    }
    guard range.lowerBound >= bounds.lowerBound, range.upperBound <= bounds.upperBound,
      range.upperBound.isFinite
    else { throw fault(name, bounds) }
    return range == neutral...neutral ? nil : range
  }

  private func fault(_ name: String, _ bounds: ClosedRange<Double>) -> TesseraError {
    let upper = bounds.upperBound.isFinite ? "\(bounds.upperBound)" : "any finite number"
    return TesseraError(
      .invalidArgument(
        name: name, expected: "an amount of at least 0, or a range within \(bounds.lowerBound) to \(upper)",
        got: "\(argument.quoted)"))
  }
}

extension JitterAmount: ArgumentConvertible {
  public static var argumentType: String { "amount | lower...upper" }

  public init?(argument: ArgumentNode) throws {
    if let amount = Double(argument: argument) {
      self = .amount(amount)
    } else if let range = try ClosedRange<Double>(argument: argument) {
      self = .range(range)
    } else {
      return nil
    }
  }

  public var argument: ArgumentNode {
    switch self {
    case .amount(let amount): amount.argument
    case .range(let range): range.argument
    }
  }

  public var swiftSource: String {
    switch self {
    case .amount(let amount): amount.swiftSource
    case .range(let range): ".range(\(range.swiftSource))"
    }
  }
}
