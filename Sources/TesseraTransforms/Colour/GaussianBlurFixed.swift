public import TesseraCore
private import CKernels

/// Blurs with a Gaussian of fixed width: torchvision's `gaussian_blur` (Pillow's of that name is another).
///
/// The kernel holds `exp(−d² / 2σ²)` at whole distances `d`, divided by its sum; edges are mirrored, the edge pixel
/// not repeated; the sum is rounded half to even. torchvision sums the two-dimensional kernel in an order that
/// depends on its build; ours sums rows, then columns, in float. The two differ by one level where the exact
/// value is within about 10⁻⁵ of a half.
/// - Shape: unchanged; L, LA, RGB or RGBA (alpha is blurred like any other channel, as torchvision does). The picture
///   must be wider and higher than half the kernel.
/// - Complexity: O(*pixels · (width + height of the kernel)*).
public struct GaussianBlurFixed: ImageOperation {
  public var kernelSize: KernelSize
  /// Pixels.
  public var sigma: Double

  /// - Parameters:
  ///   - kernelSize: odd.
  ///   - sigma: pixels, above 0.
  public init(kernelSize: KernelSize, sigma: Double) {
    self.kernelSize = kernelSize
    self.sigma = sigma
    _ = checked()
  }

  public static let schema = TransformSchema(
    "gaussian_blur_fixed", .operation, "Blurs with a Gaussian of fixed width.",
    prototype: GaussianBlurFixed(kernelSize: 3, sigma: 1),
    .required("kernel_size", \.kernelSize, "odd width and height of the kernel"),
    .required("sigma", \.sigma, "pixels, above 0"))

  public func validate() throws {
    try kernelSize.validate()
    guard sigma > 0, sigma.isFinite else {
      throw TesseraError(.invalidArgument(name: "sigma", expected: "a number above 0", got: "\(sigma)"))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    _ = try picture.checked(.eightBit, for: Self.schema.name)
    guard picture.size.width > kernelSize.width / 2, picture.size.height > kernelSize.height / 2 else {
      throw TesseraError(
        .invalidInput(
          operation: Self.schema.name,
          expected:
            "a picture of more than \(kernelSize.width / 2)×\(kernelSize.height / 2) (it is mirrored at its edges)",
          got: "\(picture.size)"))
    }
    return picture
  }

  /// The weights of one axis, which sum to 1 up to float rounding.
  static func kernel(_ count: Int, sigma: Double) -> [Float] {
    let weights = (0..<count).map { index in
      let distance = Double(index - count / 2) / sigma
      return FixedMath.exp(-0.5 * distance * distance)
    }
    let sum = weights.reduce(0, +)
    return weights.map { Float($0 / sum) }
  }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    let x = Self.kernel(kernelSize.width, sigma: sigma)
    let y = Self.kernel(kernelSize.height, sigma: sigma)
    var status: Int32 = 0
    let blurred = image.mapped { source, target in
      status = tk_convolve_separable_u8(
        source, image.width, image.height, image.channels, x, x.count, y, y.count, target)
    }
    guard status == 0 else {
      throw TesseraError(.outOfMemory(bytes: (y.count + 2) * image.bytesPerRow * MemoryLayout<Float>.stride))
    }
    return blurred
  }
}
