import TestSupport
import Tessera
import TesseraCore
import TesseraCorpora
import Testing

@Suite struct EmojiFontTests {
  private static let glyphs: [(Unicode.Scalar, [UInt8])] = [
    ("#", Array("first".utf8)), ("⌚", Array("the second".utf8)), ("☀", Array("3".utf8)),
    ("♥", Array("and the last".utf8)),
  ]

  @Test(
    "the bitmap of each glyph is found in every index, image and map format",
    arguments: 1...5, [17, 18, 19])
  func formats(_ index: Int, _ image: Int) throws {
    for map in [4, 12] {
      let tiny = TinyFont(glyphs: Self.glyphs, mapFormat: map, indexFormat: index, imageFormat: image)
      let font = try EmojiFont(bytes: tiny.bytes)
      #expect(font.pixelsPerEm == 109)
      for (scalar, png) in Self.glyphs {
        #expect(try font.picture(of: scalar) == png, "\(scalar), map \(map)")
      }
      for scalar: Unicode.Scalar in ["\0", "$", "\"", "⌛", "\u{FFFF}", "😀", "\u{10FFFF}"] {
        #expect(try font.picture(of: scalar) == nil, "\(scalar.value)")
      }
    }
  }

  @Test("characters beyond the first 65,536 are found by groups")
  func beyond() throws {
    let font = try EmojiFont(bytes: TinyFont(glyphs: [("⌚", [1]), ("😀", [2, 3]), ("🥎", [4])]).bytes)
    #expect(try font.picture(of: "😀") == [2, 3])
    #expect(try font.picture(of: "🥎") == [4])
    #expect(try font.picture(of: "😁") == nil)
  }

  /// Reads all that a font has; the error, if it is a `TesseraError`.
  private func outcome(_ bytes: [UInt8]) throws {
    do {
      let font = try EmojiFont(bytes: bytes)
      for (scalar, _) in Self.glyphs { _ = try font.picture(of: scalar) }
      _ = try font.picture(of: "😀")
    } catch is TesseraError {}
  }

  @Test(
    "a font that is cut short or damaged anywhere is an error or another font, never a crash",
    arguments: 1...5)
  func damage(_ index: Int) throws {
    for map in [4, 12] {
      let whole = TinyFont(glyphs: Self.glyphs, mapFormat: map, indexFormat: index, imageFormat: 17).bytes
      for length in 0..<whole.count { try outcome(Array(whole[..<length])) }
      for place in whole.indices {
        for value: UInt8 in [0, 1, 0x7F, 0x80, 0xFF, whole[place] &+ 1, whole[place] &- 1] {
          var bytes = whole
          bytes[place] = value
          try outcome(bytes)
        }
      }
      // Four bytes at once reach what single ones do not: huge counts and offsets.
      for place in whole.indices.dropLast(3) {
        for value in [0xFFFF_FFFF, 0x7FFF_FFFF, 0x8000_0000, 0x0FFF_FFFF] {
          var bytes = whole
          bytes.replaceSubrange(place..<place + 4, with: TinyFont.u32(value))
          try outcome(bytes)
        }
      }
    }
  }

  @Test("several bytes changed by chance are an error or another font, never a crash")
  func chance() throws {
    var random = RandomStream(seed: 77)
    for round in 0..<3000 {
      var bytes = TinyFont(glyphs: Self.glyphs, indexFormat: round % 5 + 1, imageFormat: 17 + round % 3).bytes
      for _ in 0...random.integer(in: 0...6) {
        bytes[random.integer(in: 0...bytes.count - 1)] = UInt8(random.integer(in: 0...255))
      }
      try outcome(bytes)
    }
  }

  private func reason(_ bytes: [UInt8]) -> TesseraError.Reason? {
    do {
      _ = try EmojiFont(bytes: bytes).picture(of: "#")
      return nil
    } catch { return (error as? TesseraError)?.reason }
  }

  @Test("what is no such font says what it is")
  func others() throws {
    #expect(reason(Array("OggS, and no font".utf8)) == .unknownFormat(firstBytes: Array("OggS, an".utf8)))
    guard case .truncated? = reason([]) else {
      Issue.record("an empty file")
      return
    }
    guard case .unsupported(_, let collection)? = reason(Array("ttcf00000000".utf8)) else {
      Issue.record("a collection")
      return
    }
    #expect(collection.contains("several fonts"))
    // Without bitmaps: the table's name is changed.
    var bytes = TinyFont(glyphs: Self.glyphs).bytes
    bytes[12] = UInt8(ascii: "X")
    guard case .unsupported(_, let table)? = reason(bytes) else {
      Issue.record("no CBDT")
      return
    }
    #expect(table.contains("CBDT"))
    guard case .unsupported(_, let image)? = reason(TinyFont(glyphs: Self.glyphs, imageFormat: 5).bytes)
    else {
      Issue.record("image format 5")
      return
    }
    #expect(image.contains("image format 5"))
  }

  @Test("a font that is not there says which package to install")
  func missing() throws {
    do {
      _ = try EmojiFont("/nowhere/Emoji.ttf")
      Issue.record("no error")
    } catch let error as TesseraError {
      #expect("\(error)".contains("apt-get install fonts-noto-color-emoji"))
      #expect(error.path == "/nowhere/Emoji.ttf")
    }
  }
}
