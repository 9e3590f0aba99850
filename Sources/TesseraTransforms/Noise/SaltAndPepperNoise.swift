public import TesseraCore

/// Makes some pixels white (salt) and some black (pepper), all colour channels of a pixel alike.
///
/// - Units: `amount` is the chance of a pixel to be replaced, `salt_share` the chance that it then is white. White is 255
///   on bytes and 1 on floats, black 0: on floats use it before `normalize`.
/// Draws `add_salt_and_pepper_noise` with a fresh key.
/// - Shape: unchanged; pictures of mode L, LA, RGB or RGBA, tensors of any shape.
public struct SaltAndPepperNoise: RandomTransform, ImageTransform, TensorTransform {
  /// Chance of a pixel to be replaced, 0 to 1.
  public var amount: Double
  /// Share of the replaced pixels that are white, 0 to 1.
  public var saltShare: Double

  /// - Parameters:
  ///   - amount: chance of a pixel to be replaced, 0 to 1.
  ///   - saltShare: share of the replaced pixels that are white, 0 to 1.
  public init(amount: Double = 0.05, saltShare: Double = 0.5) {
    self.amount = amount
    self.saltShare = saltShare
    _ = checked()
  }

  public static let schema = TransformSchema(
    "salt_and_pepper_noise", .noise, "Makes some pixels white and some black.",
    prototype: SaltAndPepperNoise(),
    .optional("amount", \.amount, "chance of a pixel to be replaced, 0 to 1"),
    .optional("salt_share", \.saltShare, "share of the replaced pixels that are white, 0 to 1"))

  public func validate() throws { try AddSaltAndPepperNoise.validate(amount: amount, saltShare: saltShare) }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let operation = AddSaltAndPepperNoise(amount: amount, saltShare: saltShare, key: random.split().key)
    _ = try operation.output(for: picture)
    return [operation]
  }
}
