internal import TesseraCore

/// What decoding a WebP must know beyond its header.
struct WebPPicture {
  /// The first frame's chunks inside the file.
  var frame: Range<Int>
  /// Where the first frame lies on the canvas.
  var frameRect: Rect
}

/// Reads a WebP's chunks.
struct WebPHeaderReader<Source: ByteSource> {
  private var cursor: ByteCursor<Source>
  private var metadata = Metadata()
  private var profile: [UInt8]?
  private var canvas: Size?
  private var hasAlpha = false
  private var isAnimated = false
  private var flags: UInt8 = 0
  private var picture: WebPPicture?
  private var end = 0

  private init(_ source: Source) { cursor = ByteCursor(source) }

  /// - Throws: bare `TesseraError`s: `truncated`, `corrupt`.
  static func read(_ source: Source) throws -> StoredPicture {
    var reader = WebPHeaderReader(source)
    return try reader.read()
  }

  private mutating func read() throws -> StoredPicture {
    guard let riff = try cursor.exactly(12), let length = riff.little32(4) else {
      throw StoredPicture.headerEnds("WebP", needs: 12, has: cursor.source.count)
    }
    end = 8 + length
    guard end <= cursor.source.count else {
      throw StoredPicture.headerEnds("WebP", needs: end, has: cursor.source.count)
    }
    while cursor.position + 8 <= end, let head = try cursor.exactly(8), let size = head.little32(4) {
      let start = cursor.position
      guard start + size <= end else {
        throw corrupt("a chunk of \(size) bytes in the \(end - start) that are left")
      }
      try readChunk(head, start: start, size: size)
      cursor.position = start + size + size % 2
    }
    return try finish()
  }

  private mutating func readChunk(_ head: [UInt8], start: Int, size: Int) throws {
    let isExtended = canvas != nil
    if head.has("VP8X") {
      guard start == 20, let body = try cursor.exactly(min(size, 10)), body.count == 10 else {
        throw corrupt("an extended header out of place")
      }
      flags = body[0]
      isAnimated = flags & 0x02 != 0
      hasAlpha = flags & 0x10 != 0
      canvas = Size(width: body.little24(4)! + 1, height: body.little24(7)! + 1)
    } else if head.has("VP8 ") || head.has("VP8L") || head.has("ALPH") {
      if picture == nil && !isAnimated { try readStill(head, start: start, size: size) }
    } else if head.has("ANMF"), isAnimated, picture == nil {
      try readFrame(start: start, size: size)
    } else if isExtended {
      // Metadata count only if the extended header announces them.
      if head.has("EXIF"), flags & 0x08 != 0 { metadata.exif = try metadata.exif ?? cursor.exactly(size) }
      if head.has("XMP "), flags & 0x04 != 0 { metadata.xmp = try metadata.xmp ?? cursor.exactly(size) }
      if head.has("ICCP"), flags & 0x20 != 0 { profile = try profile ?? cursor.exactly(size) }
    }
  }

  /// A still picture: the whole file goes to the decoder.
  private mutating func readStill(_ head: [UInt8], start: Int, size: Int) throws {
    if head.has("ALPH") {
      hasAlpha = true
      return
    }
    let frame = try frameSize(head, at: start, length: size)
    if let canvas, canvas != frame.size {
      throw corrupt("a picture of \(frame.size) on a canvas of \(canvas)")
    }
    canvas = frame.size
    if head.has("VP8L") { hasAlpha = frame.hasAlpha }
    picture = WebPPicture(
      frame: 0..<end, frameRect: Rect(x: 0, y: 0, width: frame.size.width, height: frame.size.height))
  }

  /// The first frame of an animation.
  private mutating func readFrame(start: Int, size: Int) throws {
    guard size >= 24, let body = try cursor.exactly(16), let canvas else {
      throw corrupt("a frame of \(size) bytes")
    }
    let rect = Rect(
      x: body.little24(0)! * 2, y: body.little24(3)! * 2, width: body.little24(6)! + 1,
      height: body.little24(9)! + 1)
    guard Rect(x: 0, y: 0, width: canvas.width, height: canvas.height).contains(rect) else {
      throw corrupt("a frame \(rect) outside of the canvas \(canvas)")
    }
    picture = WebPPicture(frame: start + 16..<start + size, frameRect: rect)
  }

  /// Size and alpha as the bitstream of a `VP8 ` or `VP8L` chunk states them.
  private mutating func frameSize(_ head: [UInt8], at start: Int, length: Int) throws -> (
    size: Size, hasAlpha: Bool
  ) {
    guard let body = try cursor.exactly(min(length, 10)) else {
      throw StoredPicture.headerEnds("WebP", needs: start + 10, has: cursor.source.count)
    }
    if head.has("VP8L") {
      guard body.count >= 5, body[0] == 0x2F, let bits = body.little32(1) else {
        throw corrupt("no VP8L signature")
      }
      return (Size(width: bits & 0x3FFF + 1, height: bits >> 14 & 0x3FFF + 1), bits >> 28 & 1 != 0)
    }
    guard body.count == 10, body[3] == 0x9D, body[4] == 0x01, body[5] == 0x2A else {
      throw corrupt("no VP8 key frame")
    }
    let size = try StoredPicture.size(body.little16(6)! & 0x3FFF, body.little16(8)! & 0x3FFF, format: "WebP")
    return (size, false)
  }

  private func finish() throws -> StoredPicture {
    guard let picture, let canvas else { throw corrupt("no picture in it") }
    let header = ImageHeader(
      format: .webp, mode: hasAlpha ? "RGBA" : "RGB", size: canvas, bitsPerSample: 8,
      channels: hasAlpha ? 4 : 3,
      orientation: metadata.orientation, hasAlpha: hasAlpha, hasICCProfile: profile != nil,
      isAnimated: isAnimated)
    return StoredPicture(
      header: header, coding: .webp(picture), profile: profile.map(StoredPicture.Profile.plain))
  }

  private func corrupt(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "WebP", detail: detail))
  }
}
