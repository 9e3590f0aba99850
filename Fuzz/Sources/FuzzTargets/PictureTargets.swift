internal import TesseraCodecs
internal import TesseraCore

extension FuzzTarget {
  static let pictures = [
    FuzzTarget("png", mend: Checksums.png) { try PictureCheck.run($0, .png) },
    FuzzTarget("jpeg") { try PictureCheck.run($0, .jpeg) },
    FuzzTarget("webp") { try PictureCheck.run($0, .webp) },
    FuzzTarget("bmp") { try PictureCheck.run($0, .bmp) },
    FuzzTarget("pnm") { try PictureCheck.run($0, .pnm) },
    FuzzTarget("exif") { try MetadataCheck.run($0) },
  ]
}

/// What holds of every picture file: the header tells what the decoder gives; a window has the whole picture's pixels;
/// the decoders of our own agree with libjpeg and libpng.
enum PictureCheck {
  /// Small: a mutated size must not turn every input into a large picture.
  static let limits = DecodeLimits(pixels: 1 << 16, bytes: 1 << 22)

  static let policies = [
    DecodePolicy(limits: limits),
    DecodePolicy(orientation: .ignore, sixteenBit: .clip, limits: limits),
    DecodePolicy(sixteenBit: .keep, alpha: .keep, truncated: .fillGray, output: .asStored, limits: limits),
    DecodePolicy(alpha: .composite(.white), icc: .convertToSRGB, limits: limits),
    DecodePolicy(cmyk: .reject, truncated: .fillGray, output: .asStored, limits: limits),
  ]

  static func run(_ bytes: UnsafeRawBufferPointer, _ format: ImageFormat) throws {
    guard ImageFormat(detecting: bytes) == format else { return }
    var chance = Input.chance(bytes)
    let policy = policies[chance.integer(in: 0...policies.count - 1)]
    let header = try ImageHeader(bytes: bytes, policy: policy)
    try DecoderTwins.check(bytes, header)
    var request = DecodeRequest(policy: policy)
    if format == .jpeg {
      request.scale = [1, 1, 1, 2, 4, 8][chance.integer(in: 0...5)]
      request.lumaOnly = chance.integer(in: 0...3) == 0
      let kept = try JPEGTranscoder(limits: limits, restartRows: chance.integer(in: 0...2)).baseline(
        Array(bytes))
      try BrokenPromise.unless(kept != .notJPEG, "the transcoder takes a JPEG for something else")
    }
    let whole = try ImageDecoder().decode(bytes, request)
    if !request.lumaOnly {
      let info = ImageDecoder().info(for: header, policy: policy)
      let size = request.scaled(info.size)
      try BrokenPromise.unless(
        whole.size == size && whole.format == info.format,
        "the header says \(size) \(info.format), the picture is \(whole)")
    }
    try checkWindow(bytes, request, whole, &chance)
  }

  private static func checkWindow(
    _ bytes: UnsafeRawBufferPointer, _ request: DecodeRequest, _ whole: Image, _ chance: inout RandomStream
  ) throws {
    let x = chance.integer(in: 0...whole.width - 1)
    let y = chance.integer(in: 0...whole.height - 1)
    let region = Rect(
      x: x, y: y, width: chance.integer(in: 1...whole.width - x),
      height: chance.integer(in: 1...whole.height - y))
    var request = request
    request.region = region
    let part: Image
    do { part = try ImageDecoder().decode(bytes, request) } catch {
      throw BrokenPromise(description: "the whole decodes, its window \(region) does not: \(error)")
    }
    try BrokenPromise.unless(part == whole.cut(region), "the window \(region) is not the whole picture's")
    var rows: [UInt8] = []
    try ImageDecoder().decodeRows(OpenedPicture(bytes, policy: request.policy), request) {
      start, stride, count in
      guard let start else { return rows.removeAll() }
      for row in 0..<count {
        rows += UnsafeRawBufferPointer(start: start + row * stride, count: part.bytesPerRow)
      }
    }
    try BrokenPromise.unless(rows == part.bytes, "the rows of \(region) are not its pixels")
  }
}

/// EXIF and XMP, in the three formats that carry them.
enum MetadataCheck {
  static func run(_ bytes: UnsafeRawBufferPointer) throws {
    let block = Array(bytes.prefix(60_000))
    // JPEG's own mark is taken off once more where a block repeats it.
    guard !block.starts(with: Array("Exif".utf8)) else { return }
    let inPNG = png(block)
    let headers = try [jpeg(Array("Exif\0\0".utf8) + block), inPNG].map { try ImageHeader(bytes: $0) }
    try BrokenPromise.unless(
      headers[0].orientation == headers[1].orientation,
      "EXIF says \(headers[0].orientation) in JPEG, \(headers[1].orientation) in PNG")
    _ = try ImageHeader(bytes: jpeg(Array("http://ns.adobe.com/xap/1.0/\0".utf8) + block))
  }

  private static func u16(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }

  /// A JPEG's head with a segment APP1.
  private static func jpeg(_ segment: [UInt8]) -> [UInt8] {
    [0xFF, 0xD8, 0xFF, 0xE1] + u16(segment.count + 2) + segment
      + [0xFF, 0xC0, 0, 11, 8, 0, 1, 0, 1, 1, 1, 0x11, 0, 0xFF, 0xDA, 0, 8, 1, 1, 0, 0, 63, 0, 0, 0xFF, 0xD9]
  }

  /// A PNG with a chunk eXIf.
  private static func png(_ block: [UInt8]) -> [UInt8] {
    func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
      u16(data.count >> 16) + u16(data.count & 0xFFFF) + Array(name.utf8) + data + [0, 0, 0, 0]
    }
    var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    file += chunk("IHDR", [0, 0, 0, 1, 0, 0, 0, 1, 8, 0, 0, 0, 0]) + chunk("eXIf", block)
    file += chunk("IDAT", [0x78, 0x9C, 0x63, 0x00, 0x00, 0x00, 0x02, 0x00, 0x01]) + chunk("IEND", [])
    file.withUnsafeMutableBytes { Checksums.png($0) }
    return file
  }
}
