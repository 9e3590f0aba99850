public import TesseraCore

/// Puts the channels in a random order, each equally likely.
///
/// - Shape: unchanged; L, LA, RGB or RGBA (alpha is permuted like any other channel, as torchvision does).
public struct RandomChannelPermutation: RandomTransform, ImageTransform {
  public init() {}

  public static let schema = TransformSchema(
    "random_channel_permutation", .colour, "Puts the channels in a random order.",
    prototype: RandomChannelPermutation())

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    _ = try picture.checked(.eightBit, for: Self.schema.name)
    let order = random.permutation(picture.format.channels)
    return order == order.sorted() ? [] : [PermuteChannels(order: order)]
  }
}
