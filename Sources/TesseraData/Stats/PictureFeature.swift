internal import TesseraCodecs

/// What of a picture deserves notice, because loaders differ in it or because it costs time.
public enum PictureFeature: String, Sendable, CaseIterable {
  /// An orientation other than 1.
  case orientation
  case cmyk
  case sixteenBit = "sixteen_bit"
  /// An alpha channel, or a transparent colour.
  case alpha
  case palette
  /// Gray of any depth, alpha or not.
  case gray
  case progressiveJPEG = "progressive_jpeg"
  case interlacedPNG = "interlaced_png"
  case animated
  case colourProfile = "icc_profile"
  /// A name whose extension belongs to another format.
  case wrongExtension = "wrong_extension"

  /// In words.
  public var words: String {
    switch self {
    case .orientation: "EXIF orientation"
    case .cmyk: "CMYK"
    case .sixteenBit: "16 bits"
    case .alpha: "transparency"
    case .palette: "palette"
    case .gray: "gray"
    case .progressiveJPEG: "progressive JPEG"
    case .interlacedPNG: "interlaced PNG"
    case .animated: "animated"
    case .colourProfile: "ICC profile"
    case .wrongExtension: "wrong extension"
    }
  }

  func holds(for facts: PictureFacts) -> Bool {
    switch self {
    case .orientation: facts.orientation != 1
    case .cmyk: facts.mode == "CMYK"
    case .sixteenBit: facts.traits.contains(.sixteenBit)
    case .alpha: facts.traits.contains(.alpha)
    case .palette: facts.mode == "P"
    case .gray: ["1", "L", "LA", "I", "I;16"].contains(facts.mode)
    case .progressiveJPEG: facts.format == .jpeg && facts.traits.contains(.progressive)
    case .interlacedPNG: facts.format == .png && facts.traits.contains(.interlaced)
    case .animated: facts.traits.contains(.animated)
    case .colourProfile: facts.traits.contains(.profile)
    case .wrongExtension: facts.traits.contains(.wrongExtension)
    }
  }
}

/// A name and how often it occurs.
public struct NamedCount: Sendable, Codable, Equatable {
  public var name: String
  public var count: Int
}

/// How many pictures have a feature, and the first of them.
public struct FeatureCount: Sendable, Codable, Equatable {
  /// `PictureFeature`'s raw value.
  public var name: String
  public var count: Int
  /// The first ten pictures' names.
  public var examples: [String]
}
