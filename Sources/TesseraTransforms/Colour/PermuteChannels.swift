public import TesseraCore
private import CKernels

/// Puts the channels in another order: channel `c` of the result is channel `order[c]` of the picture.
///
/// - Shape: unchanged; L, LA, RGB or RGBA (an alpha channel is permuted like any other, as torchvision does).
public struct PermuteChannels: ImageOperation {
  /// Each channel's source: a permutation of 0..<channels.
  public var order: [Int]

  /// - Parameter order: a permutation of 0..<channels.
  public init(order: [Int]) {
    self.order = order
    _ = checked()
  }

  public static let schema = TransformSchema(
    "permute_channels", .operation, "Puts the channels in another order.",
    prototype: PermuteChannels(order: [0, 1, 2]),
    .required("order", \.order, "the source of each channel, from 0"))

  public func validate() throws {
    guard (1...4).contains(order.count), order.sorted() == Array(0..<order.count) else {
      throw TesseraError(
        .invalidArgument(name: "order", expected: "a permutation such as [2, 1, 0]", got: "\(order)"))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    _ = try picture.checked(.eightBit, for: Self.schema.name)
    guard picture.format.channels == order.count else {
      throw TesseraError(
        .invalidInput(
          operation: Self.schema.name, expected: "a picture of \(order.count) channels",
          got: picture.format.pillowMode))
    }
    return picture
  }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    return image.mapped { source, target in
      tk_permute_u8(source, image.size.area, image.channels, order.map { UInt8($0) }, target)
    }
  }
}
