public import TesseraCore

/// Converts an image to a float tensor by a multiplication in float64: Hugging Face's `rescale`.
///
/// `Float(Double(v) · factor)`: with 1/255 it differs from `to_tensor`'s division in the last bit of some values.
///
/// - Shape: `[H, W, C]` → `[C, H, W]` float32.
public struct Rescale: ConversionOperation {
  /// What each value is multiplied by.
  public var factor: Double

  public init(factor: Double = 1.0 / 255) {
    self.factor = factor
    _ = checked()
  }

  public static let schema = TransformSchema(
    "rescale", .model, "Converts to a float32 tensor, values times a factor in float64 (Hugging Face).",
    prototype: Rescale(), .optional("factor", \.factor, "what each value is multiplied by; 1/255 by default"))

  public func validate() throws { try Check.argument(factor.isFinite, "factor", "finite", factor) }

  public func output(for picture: PictureInfo) throws -> PictureInfo { picture.asTensor(of: .float32) }

  public func tensor(from image: Image) throws -> AnyTensor {
    let (w, h, c) = (image.width, image.height, image.channels)
    if image.format == .gray16 {
      return .float32(
        Tensor(shape: [1, h, w]) { target in
          image.withUnsafeBytes { bytes in
            let values = bytes.bindMemory(to: UInt16.self)
            for i in values.indices { target.initializeElement(at: i, to: Float(Double(values[i]) * factor)) }
          }
        })
    }
    let table = (0..<256).map { Float(Double($0) * factor) }
    return .float32(
      Tensor(shape: [c, h, w]) { target in
        image.planes(through: Array(repeating: table, count: c), flipX: false, into: target.baseAddress!)
      })
  }
}
