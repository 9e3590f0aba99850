public import TesseraCore

/// Does one transform of a list, by chance.
///
/// - Shape: what the transform makes of it. Draws what it draws.
public struct RandomChoice: RandomTransform, ImageTransform {
  public var transforms: [any ImageTransform] { list.transforms }
  /// The weight of each transform; nil: all the same. They need not sum to 1.
  public var probabilities: [Double]?
  var list: TransformList

  /// - Parameters:
  ///   - transforms: at least one.
  ///   - probabilities: a weight of at least 0 for each, not all 0.
  public init(_ transforms: [any ImageTransform], probabilities: [Double]? = nil) {
    list = TransformList(transforms)
    self.probabilities = probabilities
    _ = checked()
  }

  private init(prototype: Void) { list = TransformList([]) }

  public static let schema = TransformSchema(
    "random_choice", .composition, "Does one transform of a list, by chance.",
    prototype: RandomChoice(prototype: ()),
    .required("transforms", \.list, label: "", "one of which is done"),
    .optional("probabilities", \.probabilities, "a weight for each; none: all the same"))

  public func validate() throws {
    guard !transforms.isEmpty else {
      throw TesseraError(
        .invalidArgument(name: "transforms", expected: "at least one transform", got: "none"))
    }
    guard let probabilities else { return }
    guard probabilities.count == transforms.count, probabilities.allSatisfy({ $0 >= 0 && $0.isFinite }),
      probabilities.reduce(0, +) > 0
    else {
      throw TesseraError(
        .invalidArgument(
          name: "probabilities", expected: "\(transforms.count) weights of at least 0, not all 0",
          got: "\(probabilities)"))
    }
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let weights = probabilities ?? Array(repeating: 1, count: transforms.count)
    var left = random.uniform() * weights.reduce(0, +)
    // Rounding may leave a rest behind the last weight: it belongs to the last transform that has one.
    var chosen = weights.lastIndex { $0 > 0 } ?? 0
    for (index, weight) in weights.enumerated() {
      left -= weight
      if left < 0 {
        chosen = index
        break
      }
    }
    return try Draw.operations(of: [transforms[chosen]], for: picture, using: &random)
  }
}
