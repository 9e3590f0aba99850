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

  private init(
    bytes: Int64, probe: UInt64, sample: UInt32, width: Int32, height: Int32, label: Int32, picture: UInt16,
    traits: Traits, formatCode: UInt8, modeCode: UInt8, samplingCode: UInt8, quality: UInt8
  ) {
    self.bytes = bytes
    self.probe = probe
    self.sample = sample
    self.width = width
    self.height = height
    self.label = label
    self.picture = picture
    self.traits = traits
    self.formatCode = formatCode
    self.modeCode = modeCode
    self.samplingCode = samplingCode
    self.quality = quality
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

// MARK: in a file

extension PictureFacts {
  /// Appends a list of facts, field by field.
  static func append(_ facts: [PictureFacts], to out: inout [UInt8]) {
    ByteWriter.append(facts.map(\.bytes), to: &out)
    ByteWriter.append(facts.map(\.probe), to: &out)
    ByteWriter.append(facts.map(\.sample), to: &out)
    ByteWriter.append(facts.map(\.width), to: &out)
    ByteWriter.append(facts.map(\.height), to: &out)
    ByteWriter.append(facts.map(\.label), to: &out)
    ByteWriter.append(facts.map(\.picture), to: &out)
    ByteWriter.append(facts.map(\.traits.rawValue), to: &out)
    ByteWriter.append(facts.map(\.formatCode), to: &out)
    ByteWriter.append(facts.map(\.modeCode), to: &out)
    ByteWriter.append(facts.map(\.samplingCode), to: &out)
    ByteWriter.append(facts.map(\.quality), to: &out)
  }

  /// Reads what `append` wrote; nil if it is anything else.
  static func read(_ reader: inout ByteReader) -> [PictureFacts]? {
    guard let bytes: [Int64] = reader.array(), let probes: [UInt64] = reader.array(),
      let samples: [UInt32] = reader.array(), let widths: [Int32] = reader.array(),
      let heights: [Int32] = reader.array(), let labels: [Int32] = reader.array(),
      let pictures: [UInt16] = reader.array(), let traits: [UInt16] = reader.array(),
      let formats: [UInt8] = reader.array(), let modes: [UInt8] = reader.array(),
      let samplings: [UInt8] = reader.array(), let qualities: [UInt8] = reader.array()
    else { return nil }
    let counts = [
      probes.count, samples.count, widths.count, heights.count, labels.count, pictures.count, traits.count,
      formats.count, modes.count, samplings.count, qualities.count,
    ]
    guard counts.allSatisfy({ $0 == bytes.count }),
      formats.allSatisfy({ $0 == .max || Int($0) < ImageFormat.allCases.count }),
      samplings.allSatisfy({ $0 <= 7 }), widths.allSatisfy({ $0 >= 0 }), heights.allSatisfy({ $0 >= 0 })
    else { return nil }
    return bytes.indices.map { i in
      PictureFacts(
        bytes: bytes[i], probe: probes[i], sample: samples[i], width: widths[i], height: heights[i],
        label: labels[i], picture: pictures[i], traits: Traits(rawValue: traits[i]), formatCode: formats[i],
        modeCode: modes[i], samplingCode: samplings[i], quality: qualities[i])
    }
  }
}
