/// How many pictures each class has.
public struct ClassBalance: Sendable, Codable, Equatable {
  /// In the order of the labels; classes without a picture included.
  public var classes: [Class]
  /// Pictures without a class.
  public var unlabelled: Int
  /// Pictures of the largest class for one of the smallest that has any.
  public var imbalance: Double

  /// One class.
  public struct Class: Sendable, Codable, Equatable {
    public var label: Int
    /// The class's name, or its number in words.
    public var name: String
    /// Pictures whose header could be read.
    public var pictures: Int
    /// Pictures that could not be used.
    public var failed: Int
  }
}
