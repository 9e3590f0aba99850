private import CKernels
public import TesseraCore

/// Subtracts a mean and divides by a standard deviation, channel by channel: `(x − mean) / std`.
///
/// - Shape: `[C, H, W]` or `[V, C, H, W]`, unchanged; one mean for all channels or one a channel.
/// - Range: float32, float16 or bfloat16; each operation rounds to the tensor's type, as torch's.
public struct Normalize: PointwiseTensorOperation {
  public var statistics: ChannelStatistics

  /// - Parameter statistics: `.imageNet`, `.clip`, `.siglip`, `.half` or your own.
  public init(_ statistics: ChannelStatistics) {
    self.statistics = statistics
    _ = checked()
  }

  /// - Parameters:
  ///   - mean: one value, or one a channel.
  ///   - standardDeviation: as many values, none 0.
  public init(mean: [Double], standardDeviation: [Double]) {
    self.init(ChannelStatistics(mean: mean, standardDeviation: standardDeviation))
  }

  private init(prototype: Void) { statistics = ChannelStatistics(mean: [], standardDeviation: []) }

  public static let schema = TransformSchema(
    "normalize", .tensor, "Subtracts a mean and divides by a standard deviation, channel by channel.",
    prototype: Normalize(prototype: ()),
    .optional("statistics", \.statistics.name, label: "", "known mean and std"),
    .optional("mean", \.statistics.writtenMean, "mean of each channel"),
    .optional("std", \.statistics.writtenDeviation, "standard deviation of each channel"))

  public func validate() throws { try statistics.validate("normalize") }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try ChannelArithmetic.check(picture, statistics, operation: "normalize")
  }

  public func apply(to tensor: AnyTensor) throws -> AnyTensor {
    try ChannelArithmetic.apply(
      to: tensor, statistics, operation: "normalize", kernel: tk_normalize_f32,
      scalar: { x, mean, deviation, rounded in rounded(rounded(x - mean) / deviation) })
  }
}
