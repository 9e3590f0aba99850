/// Writes small fonts with bitmaps, in every form that is read.
struct TinyFont {
  /// Which characters have which bitmap; their glyphs are 1, 2, 3, …
  var glyphs: [(scalar: Unicode.Scalar, png: [UInt8])]
  /// 4 or 12.
  var mapFormat = 12
  /// 1...5.
  var indexFormat = 1
  /// 17, 18 or 19.
  var imageFormat = 17

  static func u16(_ value: Int) -> [UInt8] { [UInt8(value >> 8 & 255), UInt8(value & 255)] }
  static func u32(_ value: Int) -> [UInt8] { u16(value >> 16 & 0xFFFF) + u16(value & 0xFFFF) }
  private func u16(_ value: Int) -> [UInt8] { Self.u16(value) }
  private func u32(_ value: Int) -> [UInt8] { Self.u32(value) }

  /// The font file.
  var bytes: [UInt8] {
    let (location, data) = bitmaps
    let tables = [("CBDT", data), ("CBLC", location), ("cmap", characterMap)]
    var directory = u32(0x0001_0000) + u16(tables.count) + u16(0) + u16(0) + u16(0)
    var body: [UInt8] = []
    for (tag, table) in tables {
      directory += Array(tag.utf8) + u32(0) + u32(12 + 16 * tables.count + body.count) + u32(table.count)
      body += table + [UInt8](repeating: 0, count: (4 - table.count % 4) % 4)
    }
    return directory + body
  }

  private var characterMap: [UInt8] {
    // A map that is none of Unicode stands before.
    u16(0) + u16(2) + u16(1) + u16(0) + u32(0) + u16(3) + u16(mapFormat == 12 ? 10 : 1) + u32(20)
      + (mapFormat == 12 ? groups : segments)
  }

  private var groups: [UInt8] {
    var table = u16(12) + u16(0) + u32(16 + 12 * glyphs.count) + u32(0) + u32(glyphs.count)
    for (index, glyph) in glyphs.enumerated() {
      table += u32(Int(glyph.scalar.value)) + u32(Int(glyph.scalar.value)) + u32(index + 1)
    }
    return table
  }

  /// One segment a character, by difference and by list in turn, and the last one that every map has.
  private var segments: [UInt8] {
    let count = glyphs.count + 1
    let codes = glyphs.map { Int($0.scalar.value) } + [0xFFFF]
    var deltas: [UInt8] = []
    var offsets: [UInt8] = []
    var list: [UInt8] = []
    for index in 0..<count {
      if index == count - 1 {
        deltas += u16(1)
        offsets += u16(0)
      } else if index % 2 == 0 {
        deltas += u16(index + 1 - codes[index] & 0xFFFF)
        offsets += u16(0)
      } else {
        deltas += u16(0)
        offsets += u16(2 * (count - index) + list.count)
        list += u16(index + 1)
      }
    }
    let table = codes.flatMap(u16) + u16(0) + codes.flatMap(u16) + deltas + offsets + list
    return u16(4) + u16(14 + table.count) + u16(0) + u16(2 * count) + u16(0) + u16(0) + u16(0) + table
  }

  private var bitmaps: (location: [UInt8], data: [UInt8]) {
    let metrics = [17: 5, 18: 8][imageFormat] ?? 0
    var entries = glyphs.map { [UInt8](repeating: 9, count: metrics) + u32($0.png.count) + $0.png }
    // Where one size holds for all, the shorter are filled up.
    let size = entries.map(\.count).max() ?? 0
    if indexFormat == 2 || indexFormat == 5 {
      entries = entries.map { $0 + [UInt8](repeating: 0, count: size - $0.count) }
    }
    let starts = entries.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1.count) }
    let numbers = Array(1...max(glyphs.count, 1))
    let index: [UInt8] =
      switch indexFormat {
      case 1: starts.flatMap(u32)
      case 2: u32(size) + [UInt8](repeating: 7, count: 8)
      case 3: starts.flatMap(u16)
      case 4: u32(glyphs.count) + zip(numbers + [0], starts).flatMap { u16($0) + u16($1) }
      default: u32(size) + [UInt8](repeating: 7, count: 8) + u32(glyphs.count) + numbers.flatMap(u16)
      }
    // A small strike without glyphs stands before the one that counts.
    let strikes = [(pixels: 20, tables: 0), (pixels: 109, tables: 1)]
    let array = 8 + 48 * strikes.count
    var location = u16(3) + u16(0) + u32(strikes.count)
    for strike in strikes {
      location += u32(array) + u32(0) + u32(strike.tables) + u32(0) + [UInt8](repeating: 0, count: 24)
      location += u16(1) + u16(glyphs.count) + [UInt8(strike.pixels), UInt8(strike.pixels), 32, 1]
    }
    location += u16(1) + u16(glyphs.count) + u32(8)
    location += u16(indexFormat) + u16(imageFormat) + u32(4) + index
    return (location, u16(3) + u16(0) + entries.flatMap { $0 })
  }
}
