/// What one source gives to a mixture.
public struct CorpusShare: Sendable, Hashable, Codable {
  /// What reports call the source.
  public var name: String
  public var format: CorpusFormat
  /// Samples of the source.
  public var samples: Int
  /// The weight that was given; nil where each sample comes once.
  public var weight: Double?
  /// Positions of an epoch that are the source's.
  public var positions: Int
  /// Those of all positions, 0...1.
  public var share: Double
  /// How often the source is gone through in an epoch.
  public var passes: Double
}
