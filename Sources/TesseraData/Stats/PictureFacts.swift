internal import TesseraCodecs
internal import TesseraCore

/// What a survey keeps of one picture: 40 bytes, so that 1.28 million pictures take 51 MB. Names are asked of the
/// dataset again for the few that a report shows.
struct PictureFacts: Sendable {
  /// Bytes of the encoded file; −1 where there is no file (pictures that came decoded).
  var bytes: Int64 = -1
  /// A hash of the file's last bytes; 0 where it was not computed.
  var probe: UInt64 = 0
  /// The sample's index in the dataset, and the picture's in the sample.
  var sample: UInt32
  var width: Int32
  var height: Int32
  /// The class, or −1.
  var label: Int32
  var picture: UInt16
  var traits: Traits
  private var formatCode: UInt8 = .max
  private var modeCode: UInt8
  private var samplingCode: UInt8 = 0
  /// JPEG's quality by libjpeg's tables; 0 if it is no JPEG, or has other tables.
  var quality: UInt8 = 0

  /// What is true of a picture; the highest four bits hold the orientation.
  struct Traits: OptionSet, Sendable {
    var rawValue: UInt16
    static let progressive = Traits(rawValue: 1)
    static let interlaced = Traits(rawValue: 2)
    static let alpha = Traits(rawValue: 4)
    static let profile = Traits(rawValue: 8)
    static let animated = Traits(rawValue: 16)
    static let sixteenBit = Traits(rawValue: 32)
    /// The name's extension belongs to another format.
    static let wrongExtension = Traits(rawValue: 64)
    /// The header could be read, the pixels could not.
    static let damaged = Traits(rawValue: 128)
  }

  /// The facts of an encoded picture.
  ///
  /// - Parameter size: that of the decoded picture.
  init(sample: Int, picture: Int, label: Int?, header: ImageHeader, size: Size) {
    self.init(sample: sample, picture: picture, label: label, mode: header.mode, size: size)
    formatCode = UInt8(clamping: ImageFormat.allCases.firstIndex(of: header.format) ?? 255)
    samplingCode = header.subsampling.map { UInt8(1 + (Self.samplings.firstIndex(of: $0) ?? 6)) } ?? 0
    quality = UInt8(clamping: header.jpegQuality ?? 0)
    if header.isProgressive { traits.insert(.progressive) }
    if header.isInterlaced { traits.insert(.interlaced) }
    if header.hasAlpha { traits.insert(.alpha) }
    if header.hasICCProfile { traits.insert(.profile) }
    if header.isAnimated { traits.insert(.animated) }
    if header.bitsPerSample == 16 { traits.insert(.sixteenBit) }
    traits.rawValue |= UInt16(header.orientation.rawValue) << 12
  }

  /// The facts of a picture that came decoded.
  init(sample: Int, picture: Int, label: Int?, image: Image) {
    self.init(
      sample: sample, picture: picture, label: label, mode: image.format.pillowMode, size: image.size)
    if image.format.hasAlpha { traits.insert(.alpha) }
    if image.format == .gray16 { traits.insert(.sixteenBit) }
    traits.rawValue |= 1 << 12
  }

  private init(sample: Int, picture: Int, label: Int?, mode: String, size: Size) {
    self.sample = UInt32(sample)
    self.picture = UInt16(clamping: picture)
    self.label = label.map { Int32(clamping: $0) } ?? -1
    width = Int32(clamping: size.width)
    height = Int32(clamping: size.height)
    modeCode = UInt8(Self.modes.firstIndex(of: mode) ?? Self.modes.count)
    traits = []
  }

  private static let modes = ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "I"]
  private static let samplings = ["4:4:4", "4:2:2", "4:2:0", "4:4:0", "4:1:1", "4:1:0"]

  /// The file's format; nil for pictures that came decoded.
  var format: ImageFormat? { formatCode == .max ? nil : ImageFormat.allCases[Int(formatCode)] }
  var mode: String { Int(modeCode) < Self.modes.count ? Self.modes[Int(modeCode)] : "other" }
  /// JPEG's chroma subsampling; nil for gray and for other formats.
  var subsampling: String? {
    samplingCode == 0 ? nil : samplingCode == 7 ? "other" : Self.samplings[Int(samplingCode) - 1]
  }
  var orientation: Int { Int(traits.rawValue >> 12) }
  var size: Size { Size(width: Int(width), height: Int(height)) }
  var aspectRatio: Double { Double(width) / Double(height) }

  /// Where the picture stands in the dataset.
  static func precedes(_ a: PictureFacts, _ b: PictureFacts) -> Bool {
    (a.sample, a.picture) < (b.sample, b.picture)
  }
}
