/// One number of a metric.
public struct MetricScore: Sendable, Hashable {
  /// How a value is read.
  public enum Format: Sendable, Hashable {
    /// A share, 0...1, of which more is better; people read a percentage.
    case share
    /// A number of which more is better, with so many decimals.
    case score(decimals: Int)
    /// A number of which less is better, with so many decimals: a loss.
    case loss(decimals: Int)
  }

  /// What it is called: `exact match`.
  public var name: String
  /// Of which replies: a question's type; nil for all.
  public var category: String?
  public var value: Double
  public var format: Format
  /// How many replies it is of; nil for all.
  public var count: Int?
  /// Whether what the model sees can change it: then it is told beside its controls.
  public var isControlled = true

  public init(
    _ name: String, category: String? = nil, _ value: Double, _ format: Format = .share, count: Int? = nil
  ) {
    (self.name, self.category, self.value, self.format) = (name, category, value, format)
    self.count = count
  }
}
