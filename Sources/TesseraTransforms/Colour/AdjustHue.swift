public import TesseraCore
private import CKernels

/// Turns every hue around the colour circle.
///
/// Works as torchvision does on PIL pictures: in 8-bit HSV, the shift truncated to whole steps of 1/255 turn and
/// the hue byte wrapping at 256. Even a shift of 0 costs the rounding to HSV and back.
/// - Shape: unchanged. L stays as it is. RGBA and LA come back **opaque** (alpha 255), as from Pillow, whose
///   HSV has no alpha. Bit for bit torchvision's `adjust_hue` on PIL.
public struct AdjustHue: ImageOperation {
  /// Turns: −0.5...0.5; ±0.5 is the opposite colour.
  public var shift: Double

  /// - Parameter shift: turns, −0.5...0.5.
  public init(shift: Double) {
    self.shift = shift
    _ = checked()
  }

  public static let schema = TransformSchema(
    "adjust_hue", .operation, "Turns every hue around the colour circle.", prototype: AdjustHue(shift: 0),
    .required("shift", \.shift, "turns, -0.5 to 0.5"))

  public func validate() throws {
    guard (-0.5...0.5).contains(shift) else {
      throw TesseraError(.invalidArgument(name: "shift", expected: "between -0.5 and 0.5", got: "\(shift)"))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    try picture.checked(.eightBit, for: Self.schema.name)
  }

  public func apply(to image: Image) throws -> Image {
    _ = try output(for: image.info)
    switch image.format {
    case .gray, .gray16: return image
    case .grayAlpha:
      let opaque = [UInt8](repeating: 255, count: 256)
      return image.mapped(throughEach: Image.identityTable + opaque)
    case .rgb, .rgba:
      let step = UInt8(truncatingIfNeeded: Int(shift * 255))
      return image.mapped { source, target in
        tk_hue_u8(source, image.size.area, image.channels, step, image.channels, target)
      }
    }
  }
}
