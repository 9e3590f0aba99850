import Foundation
import TestSupport
import Tessera
import TesseraCodecs
import TesseraCore
import TesseraCorpora
import TesseraData
import Testing

/// Debian 12's font and CLDR, as fontTools and ElementTree read them (`Tests/Golden/emoji/make.py`).
@Suite struct EmojiGoldenTests {
  /// Whether the very files are here that the golden was made of; a golden that cannot be read fails the tests.
  static let isHere: Bool = {
    let paths =
      [("font", EmojiFont.debianPath)]
      + ["en", "zh"].map { language in
        (language, "\(EmojiNames.debianPath)/common/annotations/\(language).xml")
      }
    guard paths.allSatisfy({ FileIO.size($0.1) != nil }) else { return false }
    do {
      let golden = try golden()
      return try paths.allSatisfy { Digest.hex(of: try FileIO.read($0.1)) == golden[$0.0]?.text }
    } catch { return true }
  }()

  static func golden() throws -> JSONValue {
    try JSONReader.read(Repository.bytes("Tests/Golden/emoji/golden.json"))
  }

  @Test("every bitmap and every name is what fontTools and ElementTree read", .enabled(if: isHere))
  func all() throws {
    let golden = try Self.golden()
    let font = try EmojiFont()
    let names = [try EmojiNames("en"), try EmojiNames("zh")]
    #expect("\(names[0].scalars.count)" == golden["names"]?.text)
    var bitmaps = 0
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      if try font.picture(of: scalar) != nil { bitmaps += 1 }
    }
    #expect("\(bitmaps)" == golden["bitmaps"]?.text)
    let emoji = try Emoji.all(font, names)
    #expect("\(emoji.count)" == golden["both"]?.text)
    var pictures = Digest()
    var words = Digest()
    for one in emoji {
      let hex = String(one.scalar.value, radix: 16)
      let code = String(repeating: "0", count: 8 - hex.count) + hex
      pictures.update(Array(code.utf8) + one.png)
      words.update(Array("\(code) \(one.names[0])\t\(one.names[1])\n".utf8))
    }
    #expect(pictures.hex() == golden["bitmaps of both"]?.text)
    #expect(words.hex() == golden["names of both"]?.text)
    #expect(emoji.first { $0.scalar == "😀" }?.names == ["grinning face", "嘿嘿"])
    let picture = try ImageDecoder().decode(emoji[100].png, DecodeRequest(policy: DecodePolicy(alpha: .keep)))
    #expect(picture.size == Size(width: 136, height: 128) && picture.format == .rgba)
  }

  @Test("the data set of Debian's files changes only on purpose", .enabled(if: isHere))
  func pinned() throws {
    let folder = try TemporaryFolder()
    let made = try EmojiCorpus(seed: 1, views: 1, validationViews: 0).write(to: folder.path + "/emoji")
    #expect(made.emoji[.train] == 1230 && made.emoji[.heldout] == 137)
    var digest = Digest()
    for index in stride(from: 0, to: 1230, by: 41) {
      let name = "\(folder.path)/emoji/train/images/\(String(1_000_000 + index).dropFirst()).png"
      digest.update(try ImageDecoder().decode(try FileIO.read(name), DecodeRequest()).bytes)
    }
    #expect(digest.hex().prefix(16) == "9e9f16903e732d9d")
  }
}
