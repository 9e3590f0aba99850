public import TesseraCore

/// Blurs with a Gaussian of random width, as torchvision's `GaussianBlur`.
///
/// - Shape: unchanged; L, LA, RGB or RGBA. Draws `gaussian_blur_fixed`; see there for the arithmetic.
public struct GaussianBlur: RandomTransform, ImageTransform {
  public var kernelSize: KernelSize
  /// Pixels; one is drawn, equally likely everywhere in the range.
  public var sigma: ClosedRange<Double>

  /// - Parameters:
  ///   - kernelSize: odd; weights beyond it are cut off.
  ///   - sigma: range of widths in pixels, above 0.
  public init(kernelSize: KernelSize, sigma: ClosedRange<Double> = 0.1...2.0) {
    self.kernelSize = kernelSize
    self.sigma = sigma
    _ = checked()
  }

  public static let schema = TransformSchema(
    "gaussian_blur", .colour, "Blurs with a Gaussian of random width.",
    prototype: GaussianBlur(kernelSize: 3),
    .required("kernel_size", \.kernelSize, "odd width and height of the kernel"),
    .optional("sigma", \.sigma, "range of widths in pixels"))

  public func validate() throws {
    try kernelSize.validate()
    guard sigma.lowerBound > 0, sigma.upperBound.isFinite else {
      throw TesseraError(.invalidArgument(name: "sigma", expected: "a range above 0", got: "\(sigma)"))
    }
  }

  public func draw(for picture: PictureInfo, using random: inout RandomStream) throws -> [any Operation] {
    let operation = GaussianBlurFixed(kernelSize: kernelSize, sigma: random.uniform(sigma))
    _ = try operation.output(for: picture)
    return [operation]
  }
}
