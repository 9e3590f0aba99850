public import TesseraCore
private import CKernels

/// Converts an image to a float tensor: values divided by 255 (16-bit gray: by 65535), as torchvision's.
///
/// - Shape: `[H, W, C]` → `[C, H, W]`. Range: 0...1. A true float32 division: `v · (1/255)` would differ.
public struct ToTensor: ConversionOperation {
  public init() {}

  public static let schema = TransformSchema(
    "to_tensor", .tensor, "Converts to a float32 tensor [C, H, W] in 0...1.", prototype: ToTensor())

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    var info = picture
    info.tensor = TensorInfo(
      shape: (picture.views.map { [$0] } ?? []) + [picture.format.channels, picture.size.height, picture.size.width],
      dataType: .float32)
    return info
  }

  public func tensor(from image: Image) throws -> AnyTensor {
    let (w, h, c) = (image.width, image.height, image.channels)
    return .float32(
      Tensor(shape: [c, h, w]) { target in
        for channel in 0..<c {
          for y in 0..<h {
            for x in 0..<w {
              let divisor: Float = image.format == .gray16 ? 65535 : 255
              target.initializeElement(at: (channel * h + y) * w + x, to: Float(image[x, y, channel]) / divisor)
            }
          }
        }
      })
  }
}
