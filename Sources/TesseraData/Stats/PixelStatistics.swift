/// What the pixels of all pictures of one layout are, exactly.
public struct PixelStatistics: Sendable, Codable, Equatable {
  /// The layout: `rgb`, `gray`, `gray16` …
  public var layout: String
  /// Pictures (views, where a pipeline makes several of one).
  public var pictures: Int
  /// Pixels of all pictures.
  public var pixelCount: Int
  /// The value that counts as 1: 255, or 65535.
  public var full: Int
  public var channels: [Channel]
  /// The step of a pipeline that subtracts the mean and divides by the deviation; nil if a deviation is 0.
  public var normalize: String?

  /// One channel.
  public struct Channel: Sendable, Codable, Equatable {
    /// `red`, `green`, `blue`, `gray` or `alpha`.
    public var name: String
    /// The sum of all values, in digits: it may be over 2⁵³, which many readers of JSON cannot hold.
    public var sum: String
    /// The sum of all values' squares.
    public var sumOfSquares: String
    /// The mean of all pixels, in 0...1. A large picture counts for more than a small one.
    public var mean: Double
    /// The population's standard deviation of all pixels, in units of 0...1.
    public var standardDeviation: Double
    /// The mean in which every picture counts the same, as it does in training once all are resized to one
    /// size: the mean of the pictures' means. Within 10⁻¹².
    public var pictureMean: Double
    /// The standard deviation in which every picture counts the same: √(mean of the pictures' mean squares −
    /// `pictureMean`²). It is not the mean of the pictures' deviations, which leaves out how pictures differ.
    public var pictureStandardDeviation: Double
    /// How often each of the 256 values occurs (of `gray16`: of the high bytes); nil if not asked for.
    public var valueCounts: [Int]?
  }
}
