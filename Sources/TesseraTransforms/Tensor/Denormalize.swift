private import CKernels
public import TesseraCore

/// Undoes `Normalize`: `x · std + mean`, channel by channel, up to float rounding.
///
/// - Shape: `[C, H, W]` or `[V, C, H, W]`, unchanged. Range: float32, float16 or bfloat16.
public struct Denormalize: PointwiseTensorOperation {
  public var statistics: ChannelStatistics

  /// - Parameter statistics: those of the `Normalize` to undo.
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
    "denormalize", .tensor, "Undoes normalize: multiplies by the standard deviation and adds the mean.",
    prototype: Denormalize(prototype: ()),
    .optional("statistics", \.statistics.name, label: "", "known mean and std"),
    .optional("mean", \.statistics.writtenMean, "mean of each channel"),
    .optional("std", \.statistics.writtenDeviation, "standard deviation of each channel"))

  public func validate() throws { try statistics.validate("denormalize") }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try ChannelArithmetic.check(picture, statistics, operation: "denormalize")
  }

  public func apply(to tensor: AnyTensor) throws -> AnyTensor {
    try ChannelArithmetic.apply(
      to: tensor, statistics, operation: "denormalize", kernel: tk_denormalize_f32,
      scalar: { x, mean, deviation, rounded in rounded(rounded(x * deviation) + mean) })
  }
}
