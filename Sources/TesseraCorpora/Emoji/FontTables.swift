internal import TesseraCore

/// The directory of a TrueType or OpenType file.
///
/// Source: the OpenType specification, *Organization of an OpenType Font*.
struct FontTables: Sendable {
  private var tables: [String: FontBytes] = [:]

  init(_ file: FontBytes) throws {
    switch try file.u32(0) {
    case 0x0001_0000, 0x4F54_544F, 0x7472_7565: break  // 1.0, 'OTTO', 'true'
    case 0x7474_6366:
      throw TesseraError(.unsupported(format: "a font", feature: "a collection of several fonts ('ttcf')"))
    default: throw TesseraError(.unknownFormat(firstBytes: try file.bytes(0, min(file.count, 8))))
    }
    for index in 0..<(try file.u16(4)) {
      let record = 12 + 16 * index
      let tag = String(decoding: try file.bytes(record, 4), as: UTF8.self)
      tables[tag] = try file.part(
        try file.u32(record + 8), try file.u32(record + 12), name: "the font's table \(tag)")
    }
  }

  /// A table.
  ///
  /// - Throws: `unsupported` where the font has none of that name.
  func table(_ tag: String) throws -> FontBytes {
    guard let table = tables[tag] else {
      throw TesseraError(
        .unsupported(
          format: "a font",
          feature: "pictures without the table \(tag) (NotoColorEmoji.ttf of Debian has cmap, CBLC and CBDT)")
      )
    }
    return table
  }
}
