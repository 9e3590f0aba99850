internal import CCodecs
internal import TesseraCore

extension DecodePolicy {
  /// The format that a picture with this header is decoded to.
  func outputFormat(of header: ImageHeader) -> PixelFormat {
    let isGray =
      ["1", "L", "LA", "I", "I;16"].contains(header.mode) || (header.mode == "RGBA" && header.channels == 2)
    let keepsAlpha = alpha == .keep && header.hasAlpha
    let converts = icc == .convertToSRGB && header.hasICCProfile
    if isGray && header.bitsPerSample == 16 && sixteenBit == .keep && !keepsAlpha && !converts
      && !(header.hasAlpha && compositesOnColour)
    {
      return .gray16
    }
    let staysGray = isGray && output == .asStored && !converts && !(header.hasAlpha && compositesOnColour)
    if keepsAlpha { return staysGray ? .grayAlpha : .rgba }
    return staysGray ? .gray : .rgb
  }

  /// What the row conversion does with transparency on the way to `format`.
  func conversionAlpha(to format: PixelFormat) -> tc_alpha {
    if format.hasAlpha { return TC_ALPHA_KEEP }
    if case .composite = alpha { return TC_ALPHA_COMPOSITE }
    return TC_ALPHA_DROP
  }

  /// Whether transparent pictures are laid over something that is not gray.
  private var compositesOnColour: Bool {
    if case .composite(let colour) = alpha { return !colour.isGray }
    return false
  }
}
