/// What two sets, such as one to train on and one to judge by, have in common.
public struct CorpusOverlap: Sendable, Hashable {
  /// What is compared.
  public enum Part: String, Sendable, Hashable, Codable, CaseIterable {
    /// Pictures and text: the same sample.
    case whole = "pictures and text"
    /// The pictures alone.
    case pictures = "pictures"
    /// The text alone: in sets of questions to be expected; then the pictures decide.
    case text = "text"
  }

  /// Two samples that are alike.
  public struct Pair: Sendable, Hashable {
    /// The sample of the set that is checked: its source and its number there.
    public var file: String
    public var index: Int
    /// That of the set it is held against.
    public var otherFile: String
    public var otherIndex: Int
  }

  /// What was found for one of the parts.
  public struct Finding: Sendable, Hashable {
    public var part: Part
    /// Samples of the other set that are in the checked one as well.
    public var count: Int
    /// Samples of the other set that have the part.
    public var of: Int
    /// The first few.
    public var examples: [Pair]
  }

  /// The other set.
  public var files: [String]
  public var samples: Int
  public var findings: [Finding]
}
