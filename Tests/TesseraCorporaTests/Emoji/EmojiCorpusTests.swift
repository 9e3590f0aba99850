import Foundation
import TestSupport
import Tessera
import TesseraCodecs
import TesseraCore
import TesseraCorpora
import TesseraData
import Testing

@Suite struct EmojiCorpusTests {
  /// A folder with a font of ten characters and CLDR's names for them, and settings that read it.
  private func made() throws -> (TemporaryFolder, EmojiCorpus) {
    let folder = try TemporaryFolder()
    let scalars: [Unicode.Scalar] = ["#", "⌚", "☀", "♥", "⚓", "⚡", "⛄", "⛵", "✂", "😀"]
    let glyphs = try scalars.enumerated().map { number, scalar in
      // An opaque square of its own gray in the middle of a transparent one of 20×16.
      var image = Image(size: Size(width: 20, height: 16), format: .rgba)
      image.withUnsafeMutableBytes { bytes in
        for y in 4..<12 {
          for x in 6..<14 {
            let place = 4 * (20 * y + x)
            for channel in 0..<3 { bytes[place + channel] = UInt8(20 * number) }
            bytes[place + 3] = 255
          }
        }
      }
      return (scalar, try PNGEncoder().encode(image))
    }
    try folder.write(TinyFont(glyphs: glyphs).bytes, "font.ttf")
    for language in ["en", "zh"] {
      let lines = scalars.enumerated().map { number, scalar in
        "<annotation cp=\"\(scalar)\" type=\"tts\">\(language) \(number)</annotation>"
      }
      // One more that the font has no bitmap for.
      let more = "<annotation cp=\"⛔\" type=\"tts\">none</annotation>"
      try folder.write("<l>\(lines.joined())\(more)</l>", "cldr/common/annotations/\(language).xml")
    }
    let corpus = EmojiCorpus(
      font: folder.path + "/font.ttf", cldr: folder.path + "/cldr", seed: 3, views: 3, validationViews: 2,
      heldout: 0.2)
    return (folder, corpus)
  }

  private func answers(_ path: String) throws -> [String: Set<String>] {
    let data = try ConversationDataset(path)
    #expect(data.validate(checkingFiles: true) == [])
    var found: [String: Set<String>] = [:]
    for index in 0..<data.count {
      let turns = try data.sample(at: index).conversation
      #expect(turns.map(\.role) == [.user, .assistant])
      found[turns[0].text, default: []].insert(turns[1].text)
    }
    return found
  }

  @Test(
    "a limit takes emoji spread over all; a folder knows the settings that it was made with, without the font"
  )
  func limited() throws {
    var (folder, corpus) = try made()
    corpus.limit = 5
    let out = folder.path + "/out"
    let summary = try corpus.write(to: out)
    #expect(summary.emoji == [.train: 4, .validation: 4, .heldout: 1])
    let names = try answers(out + "/train/questions.jsonl")["<image>What is this?"] ?? []
    let held = try answers(out + "/heldout/questions.jsonl")["<image>What is this?"] ?? []
    #expect(names.union(held) == Set([0, 2, 4, 6, 8].map { "en \($0)" }))
    corpus.font = "gone.ttf"
    #expect(try corpus.isWritten(at: out))
    for change: (inout EmojiCorpus) -> Void in [
      { $0.limit = nil }, { $0.limit = 4 }, { $0.seed = 4 }, { $0.side = 33 }, { $0.views = 2 },
      { $0.validationViews = 1 }, { $0.heldout = 0.4 }, { $0.languages = ["en"] }, { $0.format = .tar },
    ] {
      var other = corpus
      change(&other)
      #expect(try !other.isWritten(at: out), "\(other)")
    }
    #expect(throws: TesseraError.self) { try corpus.isWritten(at: folder.path) }
    corpus.limit = 0
    #expect(throws: TesseraError.self) { try corpus.write(to: folder.path + "/none") }
  }

  @Test("each emoji is asked about in each language; held-out ones are never trained")
  func splits() throws {
    let (folder, corpus) = try made()
    let out = folder.path + "/out"
    let summary = try corpus.write(to: out)
    #expect(summary.emoji == [.train: 8, .validation: 8, .heldout: 2])
    #expect(summary.pictures == [.train: 24, .validation: 16, .heldout: 4])
    let train = try answers(out + "/train/questions.jsonl")
    let held = try answers(out + "/heldout/questions.jsonl")
    #expect(train == (try answers(out + "/validation/questions.jsonl")))
    #expect(Set(train.keys) == ["<image>What is this?", "<image>这是什么？"])
    for (question, language) in [("<image>What is this?", "en"), ("<image>这是什么？", "zh")] {
      let (a, b) = (train[question] ?? [], held[question] ?? [])
      #expect(a.count == 8 && b.count == 2 && a.isDisjoint(with: b))
      #expect(a.union(b) == Set((0..<10).map { "\(language) \($0)" }))
    }
    let captions = try CaptionDataset(out + "/train/captions.jsonl")
    #expect(captions.count == 48)
    #expect(captions.validate(checkingFiles: true) == [])
    for (index, line) in try folder.lines("out/train/captions.jsonl").enumerated() {
      let record = try JSONReader.read(Array(line.utf8))
      #expect(record["category"]?.text == ["en", "zh"][index % 2])
      #expect(try captions.sample(at: index).text?.hasPrefix(["en ", "zh "][index % 2]) == true)
    }
  }

  @Test("a view is the bitmap on its ground, smaller and moved; views differ, and validation's are others")
  func views() throws {
    let (folder, corpus) = try made()
    let out = folder.path + "/out"
    try corpus.write(to: out)
    var seen: Set<[UInt8]> = []
    var corners: Set<[Int]> = []
    for (split, count) in [("train", 24), ("validation", 16), ("heldout", 4)] {
      for index in 0..<count {
        let name = "\(out)/\(split)/images/\(String(1_000_000 + index).dropFirst()).png"
        let image = try ImageDecoder().decode([UInt8](Data(contentsOf: URL(filePath: name))), DecodeRequest())
        #expect(image.size == Size(width: 32, height: 32))
        #expect(seen.insert(image.bytes).inserted)
        let ground = (0..<3).map { image[0, 0, $0] }
        corners.insert(ground)
        // The transparent border shows the ground on every side.
        for place in 0..<32 {
          #expect(
            (0..<3).map { image[place, 0, $0] } == ground && (0..<3).map { image[31, place, $0] } == ground)
        }
        let inside = (0..<1024).filter { at in
          (0..<3).contains { abs(image[at % 32, at / 32, $0] - ground[$0]) > 2 }
        }
        // 8 of 20 at scale 0.6 to 1.
        #expect(inside.count < 18 * 18, "\(inside.count)")
      }
    }
    #expect(corners.count > 40)
  }

  @Test("the same settings give the same files, more views the same and more, another seed others")
  func determinism() throws {
    let (folder, corpus) = try made()
    try corpus.write(to: folder.path + "/a")
    try corpus.write(to: folder.path + "/b")
    let a = try TemporaryFolder.contents(folder.path + "/a")
    #expect(a == (try TemporaryFolder.contents(folder.path + "/b")))
    var more = corpus
    more.views = 5
    try more.write(to: folder.path + "/c")
    let c = try TemporaryFolder.contents(folder.path + "/c")
    for (name, data) in a where name.hasPrefix("train/") {
      // The lists begin as they did, the pictures are the same.
      #expect(c[name]?.starts(with: data) == true, "\(name)")
    }
    var other = corpus
    other.seed = 4
    try other.write(to: folder.path + "/d")
    #expect(
      try TemporaryFolder.contents(folder.path + "/d")["train/images/000000.png"]
        != a["train/images/000000.png"])
  }

  @Test("tars are read back by WebDataset")
  func tars() throws {
    let (folder, corpus) = try made()
    var tar = corpus
    tar.format = .tar
    try tar.write(to: folder.path + "/out")
    let questions = try WebDataset(folder.path + "/out/heldout/questions-000000.tar")
    #expect(questions.count == 8 && questions.faults.isEmpty)
    #expect(try questions.sample(at: 1).conversation[0].text == "<image>这是什么？")
    let json = try #require(try questions.bytes("json", of: 1))
    #expect(try JSONReader.read(json)["category"]?.text == "zh")
    let captions = try WebDataset(folder.path + "/out/heldout/captions-000000.tar")
    #expect(captions.count == 8 && captions.faults.isEmpty)
    #expect(try captions.sample(at: 0).text?.hasPrefix("en ") == true)
    #expect(try captions.sample(at: 0).pictures.count == 1)
  }

  @Test(
    "settings out of range, a folder that exists and files that are missing are refused, and nothing is left")
  func refused() throws {
    let (folder, corpus) = try made()
    let edits: [(inout EmojiCorpus) -> Void] = [
      { $0.side = 4 }, { $0.views = 0 }, { $0.validationViews = -1 }, { $0.heldout = 1 },
      { $0.heldout = -0.1 },
      { $0.heldout = .nan }, { $0.languages = [] }, { $0.languages = ["en", "en"] },
      { $0.languages = ["xx"] },
      { $0.languages = ["en", "de"] }, { $0.font = "/nowhere.ttf" }, { $0.cldr = "/nowhere" },
    ]
    for edit in edits {
      var wrong = corpus
      edit(&wrong)
      #expect(throws: TesseraError.self) { try wrong.write(to: folder.path + "/out") }
    }
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["cldr", "font.ttf"])
    try corpus.write(to: folder.path + "/out")
    #expect(throws: TesseraError.self) { try corpus.write(to: folder.path + "/out") }
    try corpus.write(to: folder.path + "/out", overwrite: true)
    // A folder of another kind is never replaced.
    try ShapesCorpus(counts: [.train: 1]).write(to: folder.path + "/shapes")
    #expect(throws: TesseraError.self) { try corpus.write(to: folder.path + "/shapes", overwrite: true) }
  }
}
