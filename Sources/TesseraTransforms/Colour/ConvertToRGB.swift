public import TesseraCore
private import CKernels

/// Converts any picture to RGB: Pillow's `convert("RGB")`, or alpha laid over a background.
///
/// Gray is repeated. Without a background alpha is **dropped**: what hides under transparency shows. 16-bit gray
/// is **clipped** (values over 255 become 255), as Pillow does; the decoder's `scale` policy keeps it.
/// - Shape: `[H, W, C]` → `[H, W, 3]`.
public struct ConvertToRGB: ImageOperation {
  /// The opaque colour under transparent pixels; none: alpha is dropped.
  public var background: Fill?

  /// - Parameter background: one value or three, 0...255; nil drops alpha.
  public init(background: Fill? = nil) {
    self.background = background
    _ = checked()
  }

  public static let schema = TransformSchema(
    "convert_rgb", aliases: ["convert_to_rgb", "rgb"], .colour, "Converts any picture to RGB.",
    prototype: ConvertToRGB(),
    .optional("background", \.background, "colour under transparent pixels; none: alpha is dropped"))

  public func validate() throws {
    guard let values = background?.values else { return }
    guard values.count == 1 || values.count == 3, values.allSatisfy((0...255).contains) else {
      throw TesseraError(
        .invalidArgument(name: "background", expected: "one or three values of 0...255", got: "\(values)"))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    var info = picture
    info.format = .rgb
    return info
  }

  public func apply(to image: Image) throws -> Image {
    let count = image.size.area
    switch image.format {
    case .rgb: return image
    case .gray16:
      return image.mapped(to: .rgb) { source, target in
        source.withMemoryRebound(to: UInt16.self, capacity: count) { tk_rgb_from_u16($0, count, target) }
      }
    case .grayAlpha, .rgba:
      guard let colour = try background?.bytes(for: .rgb) else { fallthrough }
      return image.mapped(to: .rgb) { source, target in
        tk_rgb_over(source, count, image.channels, colour, target)
      }
    case .gray:
      return image.mapped(to: .rgb) { source, target in tk_rgb_from_u8(source, count, image.channels, target)
      }
    }
  }
}
