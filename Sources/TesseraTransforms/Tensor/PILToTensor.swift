public import TesseraCore

/// Converts an image to a tensor of its bytes, unscaled, as torchvision's `PILToTensor`.
///
/// - Shape: `[H, W, C]` → `[C, H, W]`. Range: 0...255 `uint8`. 16-bit gray is not taken: use `to_tensor`.
public struct PILToTensor: ConversionOperation {
  public init() {}

  public static let schema = TransformSchema(
    "pil_to_tensor", .tensor, "Converts to a uint8 tensor [C, H, W], values unchanged.",
    prototype: PILToTensor())

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    guard picture.format != .gray16 else {
      throw TesseraError(
        .invalidInput(
          operation: "pil_to_tensor", expected: "an 8-bit picture (to_tensor takes 16-bit gray)", got: "I;16")
      )
    }
    return picture.asTensor(of: .uint8)
  }

  public func tensor(from image: Image) throws -> AnyTensor {
    .uint8(
      Tensor(shape: [image.channels, image.height, image.width]) { target in
        image.planes(flipX: false, into: target.baseAddress!)
      })
  }
}
