private import Foundation

/// Unicode's canonical composition (NFC, UAX #15), over UTF-8.
///
/// With the characters of Unicode 9 only, which are those that the `tokenizers` library composes: ids must be those
/// that models were trained with. Newer characters are left as they are. Nor does Foundation keep the order of long
/// runs of marks of one rank, as the standard asks. So Foundation is asked about single characters, and from its
/// answers the tables are made, once.
///
/// `@unchecked Sendable`: the tables are written by `init` and only read afterwards.
final class CanonicalComposition: @unchecked Sendable {
  static let shared = CanonicalComposition()

  /// The last version of Unicode whose characters count.
  private static let newestAge = 9

  private static func isKnown(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.age.map { $0.major <= newestAge } ?? false
  }

  /// Where characters lie that decompose, Hangul aside.
  private static let ranges: [ClosedRange<UInt32>] = [
    0xC0...0x33FF, 0xF900...0xFB4F, 0x10000...0x1D1FF, 0x2F800...0x2FA1F,
  ]

  /// Full decompositions of those characters that have one.
  private var decompositions: [UInt32: [UInt32]] = [:]
  /// What two characters compose to.
  private var compositions: [UInt64: UInt32] = [:]
  /// Below this, whether a character can be left alone whatever stands beside it: 1 if so.
  private var inert: [UInt8]

  private static let tableLimit = 0x20000

  private init() {
    inert = Array(repeating: 1, count: Self.tableLimit)
    for range in Self.ranges {
      for value in range {
        guard let scalar = Unicode.Scalar(value), Self.isKnown(scalar) else { continue }
        let text = String(scalar)
        let parts = text.decomposedStringWithCanonicalMapping.unicodeScalars.map(\.value)
        if parts.count > 1 || parts[0] != value { decompositions[value] = parts }
      }
    }
    for (value, parts) in decompositions where parts.count > 1 {
      // The tables hold what composes back; the standard excludes the rest.
      guard let scalar = Unicode.Scalar(value), !scalar.properties.isFullCompositionExclusion else {
        continue
      }
      let head = parts.dropLast().map { Unicode.Scalar($0).map(String.init) ?? "" }.joined()
        .precomposedStringWithCanonicalMapping.unicodeScalars.map(\.value)
      guard head.count == 1, let last = parts.last else { continue }
      compositions[UInt64(head[0]) << 32 | UInt64(last)] = value
      if last < Self.tableLimit { inert[Int(last)] = 0 }
    }
    markInert()
  }

  private func markInert() {
    for value in 0..<Self.tableLimit {
      let wide = UInt32(value)
      if Hangul.isJamoPart(wide) || Self.rank(wide) != 0 {
        inert[value] = 0
      } else if let parts = decompositions[wide],
        parts.count == 1 || Unicode.Scalar(wide)?.properties.isFullCompositionExclusion == true
      {
        inert[value] = 0
      }
    }
  }

  private static func rank(_ value: UInt32) -> UInt8 {
    guard let scalar = Unicode.Scalar(value), isKnown(scalar) else { return 0 }
    return scalar.properties.canonicalCombiningClass.rawValue
  }

  @inline(__always)
  private func isInert(_ value: UInt32) -> Bool {
    value < 0x300 || (value < UInt32(Self.tableLimit) ? inert[Int(value)] != 0 : decompositions[value] == nil)
  }

  /// The text composed; nil where it is so already.
  func compose(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    guard var place = firstActive(text, 0) else { return nil }
    var out: [UInt8] = []
    out.reserveCapacity(text.count)
    var copied = 0
    var scalars: [UInt32] = []
    while true {
      // The character before an active one takes part; what is inert up to the next such is copied.
      let start = max(copied, place > 0 ? UTF8Scan.start(before: place, text) : 0)
      out.append(contentsOf: text[copied..<start])
      scalars.removeAll(keepingCapacity: true)
      var position = start
      var isFirst = true
      while position < text.count {
        let (value, length) = UTF8Scan.scalar(text, position)
        if !isFirst && position > place && isInert(value) { break }
        isFirst = false
        scalars.append(value)
        position += length
      }
      for value in composed(scalars) { Self.append(value, &out) }
      copied = position
      guard let next = firstActive(text, position) else { break }
      place = next
    }
    out.append(contentsOf: text[copied...])
    return out
  }

  /// The first character from `position` on that is not inert.
  private func firstActive(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Int? {
    var position = position
    while position < text.count {
      // U+0300 is CC 80.
      if text[position] < 0xCC {
        position += 1
        continue
      }
      let (value, length) = UTF8Scan.scalar(text, position)
      if !isInert(value) { return position }
      position += length
    }
    return nil
  }

  // MARK: one run

  private func composed(_ scalars: [UInt32]) -> [UInt32] {
    var parts: [(value: UInt32, rank: UInt8)] = []
    for scalar in scalars {
      if let jamo = Hangul.decompose(scalar) {
        parts += jamo.map { ($0, 0) }
      } else {
        for part in decompositions[scalar] ?? [scalar] { parts.append((part, Self.rank(part))) }
      }
    }
    order(&parts)
    return recompose(parts)
  }

  /// Marks in a row by rank; those of one rank stay in order.
  private func order(_ parts: inout [(value: UInt32, rank: UInt8)]) {
    var start = 0
    while start < parts.count {
      var end = start
      while end < parts.count && parts[end].rank != 0 { end += 1 }
      if end - start > 1 {
        let sorted = parts[start..<end].enumerated().sorted {
          ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset)
        }
        for (offset, item) in sorted.enumerated() { parts[start + offset] = item.element }
      }
      start = end + 1
    }
  }

  private func recompose(_ parts: [(value: UInt32, rank: UInt8)]) -> [UInt32] {
    var out: [UInt32] = []
    var starter = -1
    var lastRank: UInt8 = 0
    for part in parts {
      // Blocked where something of the same or a higher rank, or another starter, stands between.
      let isNext = starter == out.count - 1
      if starter >= 0, isNext || lastRank != 0 && lastRank < part.rank,
        let whole = Hangul.compose(out[starter], part.value)
          ?? compositions[UInt64(out[starter]) << 32 | UInt64(part.value)]
      {
        out[starter] = whole
        continue
      }
      out.append(part.value)
      lastRank = part.rank
      if part.rank == 0 { starter = out.count - 1 }
    }
    return out
  }

  private static func append(_ value: UInt32, _ out: inout [UInt8]) {
    guard let scalar = Unicode.Scalar(value), let bytes = UTF8.encode(scalar) else { return }
    out.append(contentsOf: bytes)
  }
}

/// Hangul syllables, which compose by arithmetic (Unicode 16, section 3.12).
enum Hangul {
  private static let (syllables, leads, vowels, tails): (UInt32, UInt32, UInt32, UInt32) =
    (0xAC00, 0x1100, 0x1161, 0x11A7)
  private static let syllableCount: UInt32 = 11_172

  /// Whether it may compose with what is before.
  static func isJamoPart(_ value: UInt32) -> Bool {
    (0x1161...0x1175).contains(value) || (0x11A8...0x11C2).contains(value)
  }

  static func decompose(_ value: UInt32) -> [UInt32]? {
    guard value >= syllables, value < syllables + syllableCount else { return nil }
    let index = value - syllables
    let pair = [leads + index / 588, vowels + index % 588 / 28]
    return index % 28 == 0 ? pair : pair + [tails + index % 28]
  }

  static func compose(_ first: UInt32, _ second: UInt32) -> UInt32? {
    if (leads..<leads + 19).contains(first), (vowels..<vowels + 21).contains(second) {
      return syllables + (first - leads) * 588 + (second - vowels) * 28
    }
    guard first >= syllables, first < syllables + syllableCount, (first - syllables) % 28 == 0,
      second > tails, second < tails + 28
    else { return nil }
    return first + second - tails
  }
}
