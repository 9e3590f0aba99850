/// The pictures at the ends of the distributions, five of each, the most extreme first.
public struct Extremes: Sendable, Codable, Equatable {
  public var smallest: [Picture] = []
  public var largest: [Picture] = []
  /// By width over height.
  public var narrowest: [Picture] = []
  public var widest: [Picture] = []
  /// By bytes of the file.
  public var heaviest: [Picture] = []

  /// One picture. The size is the decoded one.
  public struct Picture: Sendable, Codable, Equatable {
    public var name: String
    public var width: Int
    public var height: Int
    public var bytes: Int?
  }
}
