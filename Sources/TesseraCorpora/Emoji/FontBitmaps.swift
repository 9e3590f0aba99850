internal import TesseraCore

/// A font's colour bitmaps: the PNG of each glyph, from the tables `CBLC` (where) and `CBDT` (what).
///
/// Index formats 1 to 5, image formats 17, 18 and 19. Source: the OpenType specification, *CBLC* and *CBDT*, and *EBLC*,
/// whose index formats CBLC shares. Nothing is copied before a glyph is asked for.
struct FontBitmaps: Sendable {
  /// The pixels an em of the strike that is read: the font's largest.
  let pixelsPerEm: Int
  private let location: FontBytes
  private let data: FontBytes
  private let ranges: [Range]

  /// Glyphs whose places one index subtable says.
  private struct Range: Sendable {
    var glyphs: ClosedRange<Int>
    /// Where in `CBLC` the subtable starts.
    var offset: Int
  }

  private static let strikeSize = 48

  init(_ location: FontBytes, _ data: FontBytes) throws {
    for table in [location, data] {
      let version = try table.u16(0)
      guard version == 2 || version == 3 else {
        throw TesseraError(.unsupported(format: table.name, feature: "version \(version)"))
      }
    }
    self.location = location
    self.data = data
    let strikes = try location.u32(4)
    guard strikes > 0, strikes <= (location.count - 8) / Self.strikeSize else {
      throw location.fault("it has \(strikes) strikes in \(location.count) bytes")
    }
    var largest = (offset: 0, pixels: -1)
    for index in 0..<strikes {
      let offset = 8 + Self.strikeSize * index
      let pixels = try location.u8(offset + 45)
      if pixels > largest.pixels { largest = (offset, pixels) }
    }
    pixelsPerEm = largest.pixels
    ranges = try Self.ranges(location, strike: largest.offset)
  }

  private static func ranges(_ table: FontBytes, strike: Int) throws -> [Range] {
    let array = try table.u32(strike)
    let count = try table.u32(strike + 8)
    guard array <= table.count, count <= (table.count - array) / 8 else {
      throw table.fault("\(count) index subtables at byte \(array) of \(table.count)")
    }
    return try (0..<count).map { index in
      let record = array + 8 * index
      let (first, last) = (try table.u16(record), try table.u16(record + 2))
      guard first <= last else { throw table.fault("an index subtable of the glyphs \(first) to \(last)") }
      return Range(glyphs: first...last, offset: array + (try table.u32(record + 4)))
    }
  }

  /// The PNG of a glyph; nil where the font has no picture of it.
  ///
  /// - Throws: `truncated`, `corrupt`, or `unsupported` for another image format.
  func png(of glyph: Int) throws -> [UInt8]? {
    for range in ranges where range.glyphs.contains(glyph) {
      let format = try location.u16(range.offset + 2)
      let start = try location.u32(range.offset + 4)
      guard let place = try place(of: glyph, range), !place.isEmpty else { continue }
      return try png(try data.part(start + place.lowerBound, place.count), format: format)
    }
    return nil
  }

  /// Where a glyph's data lie, counted from the subtable's start in `CBDT`; nil for none.
  private func place(of glyph: Int, _ range: Range) throws -> Swift.Range<Int>? {
    let (table, body) = (location, range.offset + 8)
    let number = glyph - range.glyphs.lowerBound
    switch try table.u16(range.offset) {
    case 1: return try between(try table.u32(body + 4 * number), try table.u32(body + 4 * number + 4))
    case 2:
      let size = try table.u32(body)
      return try between(number * size, (number + 1) * size)
    case 3: return try between(try table.u16(body + 2 * number), try table.u16(body + 2 * number + 2))
    case 4:
      let count = try table.u32(body)
      guard let found = try search(glyph, count, at: body + 4, stride: 4) else { return nil }
      let pair = body + 4 + 4 * found
      return try between(try table.u16(pair + 2), try table.u16(pair + 6))
    case 5:
      // The size of all, eight bytes of metrics, and which glyphs there are.
      let size = try table.u32(body)
      guard let found = try search(glyph, try table.u32(body + 12), at: body + 16, stride: 2) else {
        return nil
      }
      return try between(found * size, (found + 1) * size)
    case let format:
      throw TesseraError(.unsupported(format: table.name, feature: "index format \(format)"))
    }
  }

  private func between(_ start: Int, _ end: Int) throws -> Swift.Range<Int> {
    guard start <= end else { throw location.fault("a glyph's data end before they start") }
    return start..<end
  }

  /// The place of a glyph in a sorted list.
  private func search(_ glyph: Int, _ count: Int, at list: Int, stride: Int) throws -> Int? {
    guard count <= (location.count - min(list, location.count)) / stride else {
      throw location.fault("a list of \(count) glyphs in \(location.count) bytes")
    }
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if try location.u16(list + stride * middle) < glyph { low = middle + 1 } else { high = middle }
    }
    guard low < count, try location.u16(list + stride * low) == glyph else { return nil }
    return low
  }

  /// Takes the metrics and the length off.
  private func png(_ glyph: FontBytes, format: Int) throws -> [UInt8] {
    let metrics: Int
    switch format {
    case 17: metrics = 5
    case 18: metrics = 8
    case 19: metrics = 0
    default:
      throw TesseraError(
        .unsupported(format: data.name, feature: "image format \(format) (17 to 19 are PNG)"))
    }
    return try glyph.bytes(metrics + 4, try glyph.u32(metrics))
  }
}
