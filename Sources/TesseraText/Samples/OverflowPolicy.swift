/// What becomes of a sample that is longer than the model's context.
public enum OverflowPolicy: String, Sendable, Hashable, Codable, CaseIterable {
  /// It is an error.
  case error
  /// It is left out, and counted.
  case drop
  /// Its text is cut at the end, and counted. A sample that would lose a picture or part of one, or all that is
  /// learned, is left out instead, and counted.
  case cutText
}

/// How many samples were cut and left out: what a trainer prints beside the policy.
public struct OverflowReport: Sendable, Equatable, CustomStringConvertible {
  public private(set) var samples = 0
  public private(set) var dropped = 0
  public private(set) var cut = 0
  /// Tokens that were cut off, those of dropped samples not counted.
  public private(set) var cutTokens = 0

  public init() {}

  public mutating func add(_ outcome: SampleOutcome) {
    samples += 1
    switch outcome {
    case .dropped: dropped += 1
    case .sample(let sample):
      if sample.cutTokens > 0 { cut += 1 }
      cutTokens += sample.cutTokens
    }
  }

  /// `2 of 100 samples cut (31 tokens), 1 dropped`.
  public var description: String {
    "\(cut) of \(samples) samples cut (\(cutTokens) tokens), \(dropped) dropped"
  }
}
