public import TesseraCore

/// Does a list of transforms in a random order, each order equally likely.
///
/// - Shape: what the transforms make of it. Draws what they draw.
public struct RandomOrder: RandomTransform, ImageTransform {
  public var transforms: [any ImageTransform] { list.transforms }
  var list: TransformList

  /// - Parameter transforms: all are done.
  public init(_ transforms: [any ImageTransform]) { list = TransformList(transforms) }

  public static let schema = TransformSchema(
    "random_order", .composition, "Does a list of transforms in a random order.", prototype: RandomOrder([]),
    .required("transforms", \.list, label: "", "all are done"))

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let order = random.permutation(transforms.count)
    return try Draw.operations(of: order.map { transforms[$0] }, for: picture, using: &random)
  }
}
