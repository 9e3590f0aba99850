private import CKernels
public import TesseraCore

/// Converts an image to a float tensor: values divided by 255 (16-bit gray: by 65535), as torchvision's.
///
/// - Shape: `[H, W, C]` → `[C, H, W]`. Range: 0...1. A true float32 division: `v · (1/255)` would differ.
public struct ToTensor: ConversionOperation {
  public init() {}

  public static let schema = TransformSchema(
    "to_tensor", .tensor, "Converts to a float32 tensor [C, H, W] in 0...1.", prototype: ToTensor())

  /// The quotient of every byte and 255: what the division gives, as a table.
  package static let unitTable: [Float] = (0..<256).map { Float($0) / 255 }

  public func output(for picture: PictureInfo) throws -> PictureInfo { picture.asTensor(of: .float32) }

  public func tensor(from image: Image) throws -> AnyTensor {
    let (w, h, c) = (image.width, image.height, image.channels)
    if image.format == .gray16 {
      return .float32(
        Tensor(shape: [1, h, w]) { target in
          image.withUnsafeBytes { source in
            tk_unit_f32_from_u16(
              source.bindMemory(to: UInt16.self).baseAddress, w * h, target.baseAddress)
          }
        })
    }
    return .float32(
      Tensor(shape: [c, h, w]) { target in
        image.planes(
          through: Array(repeating: Self.unitTable, count: c), flipX: false, into: target.baseAddress!)
      })
  }
}

extension PictureInfo {
  /// The same picture as a tensor `[C, H, W]` (`[V, C, H, W]` with views) of a type.
  func asTensor(of dataType: DataType) -> PictureInfo {
    var info = self
    let picture = [format.channels, size.height, size.width]
    info.tensor = TensorInfo(shape: views.map { [$0] + picture } ?? picture, dataType: dataType)
    return info
  }
}
