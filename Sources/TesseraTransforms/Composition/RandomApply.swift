public import TesseraCore

/// Does a list of transforms, or none of them, by chance.
///
/// - Shape: what the transforms make of it. Draws what they draw.
public struct RandomApply: RandomTransform, ImageTransform {
  public var transforms: [any ImageTransform] { list.transforms }
  public var probability: Double
  var list: TransformList

  /// - Parameters:
  ///   - transforms: done in order.
  ///   - probability: of all of them, 0...1.
  public init(_ transforms: [any ImageTransform], probability: Double = 0.5) {
    list = TransformList(transforms)
    self.probability = probability
    _ = checked()
  }

  public static let schema = TransformSchema(
    "random_apply", .composition, "Does a list of transforms, or none of them, by chance.",
    prototype: RandomApply([]),
    .required("transforms", \.list, label: "", "done in order"),
    .optional("probability", \.probability, "chance to do them, 0 to 1"))

  public func validate() throws { try Chance.validate(probability) }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    guard random.bernoulli(probability) else { return [] }
    return try Draw.operations(of: transforms, for: picture, using: &random)
  }
}
