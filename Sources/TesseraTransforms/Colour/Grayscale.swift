public import TesseraCore
private import CKernels

/// Converts to gray: `(19595 R + 38470 G + 7471 B + 32768) / 65536`, stored once or three times.
///
/// Alpha is dropped; 16-bit gray is clipped to 255, as Pillow does.
/// - Shape: `[H, W, C]` → `[H, W, 1]` or `[H, W, 3]`. Bit for bit Pillow's `convert("L")`.
public struct Grayscale: ImageOperation {
  /// 1 (gray) or 3 (RGB of equal values).
  public var outputChannels: Int

  /// - Parameter outputChannels: 1 or 3.
  public init(outputChannels: Int = 1) {
    self.outputChannels = outputChannels
    _ = checked()
  }

  public static let schema = TransformSchema(
    "grayscale", .colour, "Converts to gray, stored once or three times.", prototype: Grayscale(),
    .optional("num_output_channels", \.outputChannels, label: "outputChannels", "1 or 3"))

  public func validate() throws {
    guard outputChannels == 1 || outputChannels == 3 else {
      throw TesseraError(
        .invalidArgument(name: "num_output_channels", expected: "1 or 3", got: "\(outputChannels)"))
    }
  }

  public func output(for picture: PictureInfo) throws -> PictureInfo {
    var info = picture
    info.format = outputChannels == 1 ? .gray : .rgb
    return info
  }

  public func apply(to image: Image) throws -> Image {
    let count = image.size.area
    if outputChannels == 3 && image.format == .rgb {
      return image.mapped { source, target in tk_gray3_from_rgb(source, count, target) }
    }
    let gray: Image
    switch image.format {
    case .gray: gray = image
    case .gray16:
      gray = image.mapped(to: .gray) { source, target in
        source.withMemoryRebound(to: UInt16.self, capacity: count) { tk_gray_from_u16($0, count, target) }
      }
    case .grayAlpha, .rgb, .rgba:
      gray = image.mapped(to: .gray) { source, target in
        tk_gray_from_u8(source, count, image.channels, target)
      }
    }
    return outputChannels == 1 ? gray : try ConvertToRGB().apply(to: gray)
  }
}
