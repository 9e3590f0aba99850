/// Pictures that occur more than once.
public struct Duplicates: Sendable, Codable, Equatable {
  /// Each with two or more names, in the order of their first.
  public var groups: [Group]
  /// Pictures that would go if one of each group were kept.
  public var redundant: Int
  /// Groups whose pictures have different labels: at least one label of each is wrong.
  public var conflicting: Int

  /// Pictures that are the same.
  public struct Group: Sendable, Codable, Equatable {
    /// In the dataset's order.
    public var names: [String]
    public var samples: [Int]
    /// Of the files' bytes, or the first half of that of the pixels.
    public var sha256: String
    /// Whether the pictures have different labels.
    public var conflicts: Bool
  }
}
