/// Byte-pair encoding: a vocabulary, and which neighbours become one.
///
/// Ids equal those of the `tokenizers` library's `BPE`: of all neighbours that merge, those of the lowest rank do, the
/// leftmost first, until none is left.
///
/// A class, so that what works with it holds one reference: a structure of tables costs a retain each for every word.
final class BPEModel: Sendable {
  /// The vocabulary's tokens; ids may have gaps, which added tokens fill.
  let tokens: TokenTable
  let pairs: PairTable
  /// Whether pieces are bytes, spelled by `ByteAlphabet`, rather than characters.
  let isByteLevel: Bool
  /// Whether a piece that is itself a token needs no merging.
  let ignoresMerges: Bool
  /// Whether several unknown characters in a row are one unknown token.
  let fusesUnknown: Bool
  let unknownID: Int?
  /// The ids of `<0x00>` to `<0xFF>` where unknown characters fall back to bytes; -1 where one has none.
  let byteFallback: [Int32]?
  /// Whether no token has `▁` after another character, so that text can be cut before each without a difference.
  let cutsBeforeMark: Bool

  /// The id of each byte (byte-level) or of each ASCII character; -1 where it has none.
  private let single: [Int32]
  /// Whether every byte has an id; what has none is unknown.
  private let hasAllBytes: Bool

  /// `▁`, which stands for a space in SentencePiece's vocabularies.
  static let mark: [UInt8] = [0xE2, 0x96, 0x81]

  init(
    tokens: TokenTable, pairs: PairTable, isByteLevel: Bool, ignoresMerges: Bool = false,
    fusesUnknown: Bool = false, unknownID: Int? = nil, byteFallback: Bool = false
  ) {
    self.tokens = tokens
    self.pairs = pairs
    self.isByteLevel = isByteLevel
    self.ignoresMerges = ignoresMerges
    self.fusesUnknown = fusesUnknown
    self.unknownID = unknownID
    self.byteFallback =
      byteFallback ? (0..<256).map { Int32(tokens.find(Self.byteToken($0)) ?? -1) } : nil
    single = (0..<256).map { byte in
      if isByteLevel { return Int32(tokens.find(ByteAlphabet.utf8[byte]) ?? -1) }
      return byte < 0x80 ? Int32(tokens.find([UInt8(byte)]) ?? -1) : -1
    }
    hasAllBytes = isByteLevel && !single.contains(-1)
    cutsBeforeMark = !isByteLevel && !ignoresMerges && tokens.find(Self.mark) != nil && Self.cutIsSafe(tokens)
  }

  /// Whether no text needs the unknown token.
  var coversEveryText: Bool { hasAllBytes || byteFallback.map { !$0.contains(-1) } ?? false }

  /// `<0x0A>`
  static func byteToken(_ byte: Int) -> [UInt8] {
    let digits = String(byte, radix: 16, uppercase: true)
    return Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)
  }

  /// What is merged is a token, so a boundary that no token holds inside of it is never merged across.
  private static func cutIsSafe(_ tokens: TokenTable) -> Bool {
    for id in 0..<tokens.limit {
      let safe = tokens.withToken(id) { token in
        var sawOther = false
        var position = 0
        while position < token.count {
          let isMark = startsWithMark(token, position)
          if isMark && sawOther { return false }
          sawOther = !isMark
          position += UTF8Scan.length(token[position])
        }
        return true
      }
      if safe == false { return false }
    }
    return true
  }

  @inline(__always)
  static func startsWithMark(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> Bool {
    bytes[position] == 0xE2 && bytes[position + 1] == 0x96 && bytes[position + 2] == 0x81
  }

  // MARK: pieces

  /// Appends the ids of a piece of text.
  @inline(__always)
  func encode(_ piece: UnsafeBufferPointer<UInt8>, _ scratch: BPEScratch, to ids: inout [Int]) {
    if piece.isEmpty { return }
    if cutsBeforeMark { return encodeCut(piece, scratch, to: &ids) }
    encodeWhole(piece, scratch, to: &ids)
  }

  /// Where a whole text is one piece, its words can still be looked up one by one.
  private func encodeCut(_ piece: UnsafeBufferPointer<UInt8>, _ scratch: BPEScratch, to ids: inout [Int]) {
    var start = 0
    var wasMark = true
    var position = 0
    while position < piece.count {
      let isMark = Self.startsWithMark(piece, position)
      if isMark && !wasMark {
        encodeWhole(UnsafeBufferPointer(rebasing: piece[start..<position]), scratch, to: &ids)
        start = position
      }
      wasMark = isMark
      position += UTF8Scan.length(piece[position])
    }
    encodeWhole(UnsafeBufferPointer(rebasing: piece[start...]), scratch, to: &ids)
  }

  @inline(__always)
  private func encodeWhole(
    _ piece: UnsafeBufferPointer<UInt8>, _ scratch: BPEScratch, to ids: inout [Int]
  ) {
    guard piece.count <= WordCache.longestWord else { return merge(piece, scratch, to: &ids) }
    let key = WordCache.key(piece)
    if scratch.cache.append(key, to: &ids) { return }
    let before = ids.count
    merge(piece, scratch, to: &ids)
    scratch.cache.set(key, ids[before...])
  }

  private func merge(_ piece: UnsafeBufferPointer<UInt8>, _ scratch: BPEScratch, to ids: inout [Int]) {
    if ignoresMerges, let id = whole(piece, scratch) { return ids.append(id) }
    scratch.symbols.removeAll(keepingCapacity: true)
    if isByteLevel && hasAllBytes {
      for byte in piece { scratch.symbols.append(single[Int(byte)]) }
    } else if isByteLevel {
      ByteAlphabet.spell(piece).withUnsafeBufferPointer { characters($0, &scratch.symbols) }
    } else {
      characters(piece, &scratch.symbols)
    }
    BPEMerger.merge(scratch, pairs)
    for symbol in scratch.symbols { ids.append(Int(symbol)) }
  }

  /// The id of the piece as one token.
  private func whole(_ piece: UnsafeBufferPointer<UInt8>, _ scratch: BPEScratch) -> Int? {
    guard isByteLevel else { return tokens.find(piece) }
    scratch.spelled.removeAll(keepingCapacity: true)
    for byte in piece { scratch.spelled += ByteAlphabet.utf8[Int(byte)] }
    return tokens.find(scratch.spelled)
  }

  /// The ids of single characters, with the fallback for unknown ones.
  ///
  /// An unknown token is written when the next *known* character comes, so bytes that follow it come before it: so
  /// it is in the `tokenizers` library.
  private func characters(_ piece: UnsafeBufferPointer<UInt8>, _ symbols: inout [Int32]) {
    var hasUnknown = false
    var position = 0
    while position < piece.count {
      let length = UTF8Scan.length(piece[position])
      let character = UnsafeBufferPointer(rebasing: piece[position..<position + length])
      position += length
      let id = length == 1 ? single[Int(character[0])] : Int32(tokens.find(character) ?? -1)
      if id >= 0 {
        if hasUnknown, let unknownID { symbols.append(Int32(unknownID)) }
        hasUnknown = false
        symbols.append(id)
      } else if let byteFallback, character.allSatisfy({ byteFallback[Int($0)] >= 0 }) {
        for byte in character { symbols.append(byteFallback[Int(byte)]) }
      } else if let unknownID {
        if hasUnknown && !fusesUnknown { symbols.append(Int32(unknownID)) }
        hasUnknown = true
      }
    }
    if hasUnknown, let unknownID { symbols.append(Int32(unknownID)) }
  }
}
