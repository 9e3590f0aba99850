internal import TesseraCore

/// Reads a JPEG's segments up to its first scan.
struct JPEGHeaderReader<Source: ByteSource> {
  private var cursor: ByteCursor<Source>
  private var metadata = Metadata()
  private var profileParts: [[UInt8]] = []
  private var profile: [UInt8]?
  private var density: Resolution?
  private var frame: Frame?
  /// Quantisation tables: number, whether of 16 bits, and where the numbers begin in the segment, in zigzag order. Of
  /// several of one number the last counts.
  private var tables: [(number: UInt8, isWide: Bool, start: Int, segment: [UInt8])] = []

  private struct Frame {
    var marker: UInt8
    var size: Size
    var bits: Int
    /// Horizontal and vertical sampling factor of each component.
    var sampling: [(Int, Int)]
    var components: Int
    /// The number of the first component's quantisation table.
    var table: UInt8
  }

  private init(_ source: Source) { cursor = ByteCursor(source) }

  /// - Throws: bare `TesseraError`s: `truncated`, `corrupt`, `unsupported`.
  static func read(_ source: Source) throws -> StoredPicture {
    var reader = JPEGHeaderReader(source)
    return try reader.read()
  }

  private mutating func read() throws -> StoredPicture {
    cursor.position = 2
    while true {
      guard let marker = try nextMarker() else {
        throw StoredPicture.headerEnds("JPEG", needs: nil, has: cursor.source.count)
      }
      switch marker {
      case 0xDA:
        try skipSegment()
        return try finish()
      case 0xC0...0xC3, 0xC5...0xC7, 0xC9...0xCB, 0xCD...0xCF: try readFrame(marker, segment())
      case 0xE0: readJFIF(try segment())
      case 0xE1: readAPP1(try segment())
      case 0xE2:
        let part = try segment()
        if part.has("ICC_PROFILE\0") { profileParts.append(part) }
      case 0xF7: throw TesseraError(.unsupported(format: "JPEG", feature: "JPEG-LS"))
      case 0xDB: try readTables(segment())
      case 0xC4, 0xCC, 0xDC...0xDF, 0xE3...0xEF, 0xFE: try skipSegment()
      case 0xC8, 0xD0...0xD9, 0xF0...0xFD: break
      default:
        throw TesseraError(.corrupt(format: "JPEG", detail: "no marker at byte \(cursor.position - 1)"))
      }
    }
  }

  /// The marker after the next 0xFF; bytes between segments are skipped.
  private mutating func nextMarker() throws -> UInt8? {
    while let byte = try cursor.next() {
      guard byte == 0xFF else { continue }
      var marker = try cursor.next()
      while marker == 0xFF { marker = try cursor.next() }
      if marker != 0 { return marker }
    }
    return nil
  }

  /// The payload of the segment whose length comes next.
  private mutating func segment() throws -> [UInt8] {
    let (start, length) = try segmentLength()
    guard let payload = try cursor.exactly(max(0, length - 2)) else {
      throw StoredPicture.headerEnds("JPEG", needs: start + length, has: cursor.source.count)
    }
    return payload
  }

  /// Passes over a segment that says nothing of the picture.
  private mutating func skipSegment() throws {
    let (start, length) = try segmentLength()
    guard cursor.skip(max(0, length - 2)) else {
      throw StoredPicture.headerEnds("JPEG", needs: start + length, has: cursor.source.count)
    }
  }

  /// Where a segment's length stands, and the length, itself included.
  private mutating func segmentLength() throws -> (start: Int, length: Int) {
    let start = cursor.position
    guard let length = try cursor.big16() else {
      throw StoredPicture.headerEnds("JPEG", needs: start + 2, has: cursor.source.count)
    }
    return (start, length)
  }

  private mutating func readFrame(_ marker: UInt8, _ payload: [UInt8]) throws {
    guard payload.count >= 6, let height = payload.big16(1), let width = payload.big16(3) else {
      throw TesseraError(.corrupt(format: "JPEG", detail: "a frame header of \(payload.count) bytes"))
    }
    if let feature = Self.unsupportedFeature(marker) {
      throw TesseraError(.unsupported(format: "JPEG", feature: feature))
    }
    guard payload[0] == 8 else {
      throw TesseraError(.unsupported(format: "JPEG", feature: "\(payload[0])-bit samples"))
    }
    let components = Int(payload[5])
    guard [1, 3, 4].contains(components) else {
      throw TesseraError(.unsupported(format: "JPEG", feature: "a picture of \(components) components"))
    }
    guard height > 0 else {
      throw TesseraError(.unsupported(format: "JPEG", feature: "a height that follows the data (DNL)"))
    }
    var sampling: [(Int, Int)] = []
    sampling.reserveCapacity(components)
    for offset in stride(from: 6, to: payload.count - 2, by: 3) {
      sampling.append((Int(payload[offset + 1]) >> 4, Int(payload[offset + 1]) & 15))
    }
    frame = Frame(
      marker: marker, size: try StoredPicture.size(width, height, format: "JPEG"), bits: Int(payload[0]),
      sampling: sampling, components: components, table: payload.count > 8 ? payload[8] : 0)
    gatherProfile()
  }

  /// Reads quantisation tables; throws if they do not fill their segment.
  private mutating func readTables(_ payload: [UInt8]) throws {
    var at = 0
    while at < payload.count {
      let (isWide, number) = (payload[at] >> 4 != 0, payload[at] & 15)
      let start = at + 1
      at += isWide ? 129 : 65
      guard at <= payload.count else {
        throw TesseraError(.corrupt(format: "JPEG", detail: "a short DQT segment"))
      }
      tables.append((number, isWide, start, payload))
    }
  }

  /// The numbers of the first component's table, if the file has it.
  private func quantisers(_ number: UInt8) -> [Int]? {
    tables.last { $0.number == number }.map { table in
      (0..<64).map { i in
        table.isWide ? table.segment.big16(table.start + 2 * i) ?? 0 : Int(table.segment[table.start + i])
      }
    }
  }

  /// The kinds of frame that libjpeg-turbo does not decode (to 8 bits).
  private static func unsupportedFeature(_ marker: UInt8) -> String? {
    switch marker {
    case 0xC3: "lossless coding"
    case 0xC5...0xC7: "hierarchical coding"
    case 0xCB: "lossless arithmetic coding"
    case 0xCD...0xCF: "hierarchical arithmetic coding"
    default: nil
    }
  }

  /// Joins the profile's parts in their order, if all are there.
  private mutating func gatherProfile() {
    guard !profileParts.isEmpty else { return }
    let parts = profileParts.sorted { $0.lexicographicallyPrecedes($1) }
    let stated = parts[0].count > 13 ? Int(parts[0][13]) : 0
    profile = stated == parts.count ? parts.flatMap { $0.dropFirst(14) } : nil
    profileParts = []
  }

  private mutating func readJFIF(_ payload: [UInt8]) {
    guard payload.has("JFIF"), payload.count >= 12, let x = payload.big16(8), let y = payload.big16(10) else {
      return
    }
    switch payload[7] {
    case 1: density = Resolution(x: Double(x), y: Double(y), unit: .inch)
    case 2: density = Resolution(x: Double(x) * 2.54, y: Double(y) * 2.54, unit: .inch)
    default: density = Resolution(x: Double(x), y: Double(y), unit: .aspect)
    }
  }

  private mutating func readAPP1(_ payload: [UInt8]) {
    if payload.has("Exif\0\0") {
      metadata.exif = metadata.exif.map { $0 + payload.dropFirst(6) } ?? payload
    } else if payload.has("http://ns.adobe.com/xap/1.0/\0") {
      metadata.xmp = Array(payload.dropFirst(29))
    }
  }

  private func finish() throws -> StoredPicture {
    guard let frame else {
      throw TesseraError(.corrupt(format: "JPEG", detail: "a scan before any frame header"))
    }
    let header = ImageHeader(
      format: .jpeg, mode: frame.components == 1 ? "L" : frame.components == 3 ? "RGB" : "CMYK",
      size: frame.size,
      bitsPerSample: frame.bits, channels: frame.components, orientation: metadata.orientation,
      isProgressive: frame.marker & 3 == 2, hasICCProfile: profile != nil,
      resolution: resolution, subsampling: Self.subsampling(frame.sampling),
      jpegQuality: quantisers(frame.table).flatMap(JPEGQuality.of))
    return StoredPicture(
      header: header, coding: .jpeg(components: frame.components),
      profile: profile.map(StoredPicture.Profile.plain))
  }

  /// JFIF's density in inches, else EXIF's, else JFIF's aspect ratio.
  private var resolution: Resolution? {
    if let density, density.unit == .inch { return density }
    guard let block = metadata.exif else { return density }
    let dots = EXIF(block)?.dotsPerInch ?? 72
    return Resolution(x: dots, y: dots, unit: .inch)
  }

  /// The usual name of sampling factors.
  private static func subsampling(_ factors: [(Int, Int)]) -> String? {
    guard factors.count > 1 else { return nil }
    let (luma, chroma) = (factors[0], factors[1])
    if factors.count == 3, chroma == factors[2], chroma.0 > 0, chroma.1 > 0, luma.0 % chroma.0 == 0,
      luma.1 % chroma.1 == 0, let name = usualName(luma.0 / chroma.0, luma.1 / chroma.1)
    {
      return name
    }
    return factors.map { "\($0.0)x\($0.1)" }.joined(separator: ",")
  }

  private static func usualName(_ horizontal: Int, _ vertical: Int) -> String? {
    switch (horizontal, vertical) {
    case (1, 1): "4:4:4"
    case (2, 1): "4:2:2"
    case (2, 2): "4:2:0"
    case (1, 2): "4:4:0"
    case (4, 1): "4:1:1"
    case (4, 2): "4:1:0"
    default: nil
    }
  }
}
