internal import TesseraCore

/// Which glyph a character has: a font's `cmap` in format 12 or 4.
///
/// Source: the OpenType specification, *cmap — Character to Glyph Index Mapping Table*.
struct FontCharacterMap: Sendable {
  private enum Kind: Sendable {
    case segments(count: Int)
    case groups(count: Int)
  }

  private let table: FontBytes
  private let kind: Kind

  /// Takes the best Unicode subtable: all of Unicode before the first 65,536 characters.
  init(_ cmap: FontBytes) throws {
    var best: (rank: Int, offset: Int)?
    for index in 0..<(try cmap.u16(2)) {
      let record = 4 + 8 * index
      let offset = try cmap.u32(record + 4)
      guard let rank = Self.rank(try cmap.u16(record), try cmap.u16(record + 2)),
        [4, 12].contains(try cmap.u16(offset))
      else { continue }
      if best.map({ rank < $0.rank }) ?? true { best = (rank, offset) }
    }
    guard let best else {
      throw TesseraError(
        .unsupported(format: cmap.name, feature: "a map other than Unicode in format 4 or 12"))
    }
    if try cmap.u16(best.offset) == 12 {
      table = try cmap.part(best.offset, try cmap.u32(best.offset + 4))
      let count = try table.u32(12)
      guard count <= (table.count - 16) / 12 else {
        throw TesseraError(
          .truncated(format: table.name, expected: 16 + 12 * count, got: table.count, unit: "bytes"))
      }
      kind = .groups(count: count)
    } else {
      table = try cmap.part(best.offset, try cmap.u16(best.offset + 2))
      let count = try table.u16(6) / 2
      guard 16 + 8 * count <= table.count else {
        throw TesseraError(
          .truncated(format: table.name, expected: 16 + 8 * count, got: table.count, unit: "bytes"))
      }
      kind = .segments(count: count)
    }
  }

  /// How good a platform and encoding are, 0 the best; nil for what is not Unicode.
  private static func rank(_ platform: Int, _ encoding: Int) -> Int? {
    switch (platform, encoding) {
    case (3, 10), (0, 4), (0, 6): 0
    case (3, 1), (0, 0...3): 1
    default: nil
    }
  }

  /// The glyph of a character; nil where the font has none.
  ///
  /// - Complexity: O(log *segments*).
  func glyph(of scalar: Unicode.Scalar) throws -> Int? {
    let glyph =
      switch kind {
      case .groups(let count): try glyph(of: Int(scalar.value), groups: count)
      case .segments(let count): try glyph(of: Int(scalar.value), segments: count)
      }
    // Glyph 0 stands for "none"; there are no more than 65,536.
    guard let glyph, (1...0xFFFF).contains(glyph) else { return nil }
    return glyph
  }

  /// The first of `count` entries whose last character is not before `code`.
  private func first(_ count: Int, notBefore code: Int, _ end: (Int) throws -> Int) rethrows -> Int? {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if try end(middle) < code { low = middle + 1 } else { high = middle }
    }
    return low < count ? low : nil
  }

  private func glyph(of code: Int, groups count: Int) throws -> Int? {
    guard let index = try first(count, notBefore: code, { try table.u32(16 + 12 * $0 + 4) }) else {
      return nil
    }
    let group = 16 + 12 * index
    let start = try table.u32(group)
    return start <= code ? try table.u32(group + 8) + code - start : nil
  }

  private func glyph(of code: Int, segments count: Int) throws -> Int? {
    guard code <= 0xFFFF, let index = try first(count, notBefore: code, { try table.u16(14 + 2 * $0) }) else {
      return nil
    }
    // Four arrays one behind another, a pad of two bytes after the first.
    let starts = 16 + 2 * count
    let start = try table.u16(starts + 2 * index)
    guard start <= code else { return nil }
    let delta = try table.u16(starts + 2 * count + 2 * index)
    let place = starts + 4 * count + 2 * index
    let offset = try table.u16(place)
    guard offset != 0 else { return (code + delta) & 0xFFFF }
    // The offset counts from its own place.
    let glyph = try table.u16(place + offset + 2 * (code - start))
    return glyph == 0 ? nil : (glyph + delta) & 0xFFFF
  }
}
