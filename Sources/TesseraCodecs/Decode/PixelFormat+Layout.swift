internal import CCodecs
internal import TesseraCore

extension PixelFormat {
  /// The C codecs' name of the format.
  var layout: tc_layout {
    switch self {
    case .gray: TC_GRAY
    case .grayAlpha: TC_GRAYA
    case .rgb: TC_RGB
    case .rgba: TC_RGBA
    case .gray16: TC_GRAY16
    }
  }
}
