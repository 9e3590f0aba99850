/// What a decoder does with everything that is not plain 8-bit RGB.
///
/// Two policies have names: `tessera`, the default, and `pillow`, which gives exactly
/// `Image.open(f).convert("RGB")`.
public struct DecodePolicy: Sendable, Hashable, Codable {
  /// What happens to the orientation that EXIF or XMP states.
  public enum Orientation: String, Sendable, Hashable, Codable, CaseIterable {
    /// The pixels are turned or mirrored, as by Pillow's `ImageOps.exif_transpose`.
    case apply
    /// The pixels stay as stored.
    case ignore
  }

  /// What happens to samples of 16 bits.
  public enum SixteenBit: String, Sendable, Hashable, Codable, CaseIterable {
    /// Every sample becomes `(v · 255 + 32767) / 65535`.
    case scale
    /// As Pillow: gray is cut off at 255 (`min(v, 255)`); in pictures with colour or alpha the high byte stays.
    case clip
    /// Gray stays 16 bits and is decoded to `gray16`, whatever the output; colour is scaled, and so is gray whose
    /// alpha is kept.
    case keep
  }

  /// What happens to transparency: an alpha channel, a palette's alphas, PNG's transparent colour.
  public enum Alpha: Sendable, Hashable, Codable {
    /// The colour below stays, as Pillow's `convert("RGB")` leaves it.
    case drop
    /// The picture is laid over a colour, as by Pillow's `paste` with the alpha as mask.
    case composite(RGBColor)
    /// Pictures that have transparency get an alpha channel, whatever the output.
    case keep
  }

  /// What happens to an embedded colour profile.
  public enum ICC: String, Sendable, Hashable, Codable, CaseIterable {
    /// The numbers are taken as they are.
    case ignore
    /// Colours are converted to sRGB with perceptual intent, as by Pillow's `ImageCms.profileToProfile`. Pictures
    /// without a profile stay as they are; a profile that cannot be used is an error. Pictures of 16 bits are
    /// brought to 8 first (by `sixteenBit`; `keep` scales), and gray pictures become RGB.
    case convertToSRGB
  }

  /// How CMYK and YCCK become RGB where no profile is used.
  public enum CMYK: String, Sendable, Hashable, Codable, CaseIterable {
    /// As Pillow: samples are inverted (Adobe's convention); `R = (255 − K) − C·(255 − K)/255`, rounded.
    case pillow
    /// A CMYK picture is an error that says so.
    case reject
  }

  /// What happens when the data end before the picture does, or break off in an error.
  public enum Truncated: String, Sendable, Hashable, Codable, CaseIterable {
    /// An error with what was expected and what was there.
    case error
    /// What is missing stays empty, as with Pillow's `LOAD_TRUNCATED_IMAGES`: black in PNG, BMP and PNM (the
    /// palette's first colour in palette pictures); in JPEG what libjpeg makes of missing data, mostly gray.
    /// Headers, WebP, run-length BMP and PNM that needs rescaling fail all the same, as they do in Pillow.
    case fillGray
  }

  /// The pixel format that comes out.
  public enum Output: String, Sendable, Hashable, Codable, CaseIterable {
    /// `rgb` for every picture (but see `SixteenBit.keep` and `Alpha.keep`).
    case rgb
    /// Gray stays gray; palettes, CMYK and all else become `rgb`.
    case asStored
  }

  public var orientation: Orientation
  public var sixteenBit: SixteenBit
  public var alpha: Alpha
  public var icc: ICC
  public var cmyk: CMYK
  public var truncated: Truncated
  public var output: Output
  public var limits: DecodeLimits
  /// Whether pictures may be decoded smaller where a pipeline begins by making them smaller; the decoder alone never
  /// looks at it.
  public var decodeScale: DecodeScale

  public init(
    orientation: Orientation = .apply, sixteenBit: SixteenBit = .scale, alpha: Alpha = .drop,
    icc: ICC = .ignore, cmyk: CMYK = .pillow, truncated: Truncated = .error, output: Output = .rgb,
    limits: DecodeLimits = DecodeLimits(), decodeScale: DecodeScale = .exact
  ) {
    self.orientation = orientation
    self.sixteenBit = sixteenBit
    self.alpha = alpha
    self.icc = icc
    self.cmyk = cmyk
    self.truncated = truncated
    self.output = output
    self.limits = limits
    self.decodeScale = decodeScale
  }

  /// The default: orientation applied, 16 bit scaled, alpha dropped, profiles ignored, `rgb` out.
  public static let tessera = DecodePolicy()

  /// Exactly `Image.open(f).convert("RGB")`: orientation ignored, 16 bit clipped, alpha dropped.
  public static let pillow = DecodePolicy(orientation: .ignore, sixteenBit: .clip)

  /// The policies that have names, for options and listings.
  public static let named: [(name: String, policy: DecodePolicy)] = [
    ("tessera", .tessera), ("pillow", .pillow),
  ]
}
