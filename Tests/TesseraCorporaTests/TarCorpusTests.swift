import Tessera
import TesseraCorpora
import TesseraData
import TestSupport
import Testing

@Suite struct TarCorpusTests {
  private func corpus(_ samples: [[(suffix: String, bytes: [UInt8])]]) throws -> (TarCorpus, TemporaryFolder)
  {
    let folder = try TemporaryFolder()
    let writer = try TarWriter(folder.path + "/a.tar")
    for (number, fields) in samples.enumerated() { try writer.writeSample(key: "s\(number)", fields) }
    try writer.finish()
    return (try TarCorpus(folder.path + "/a.tar"), folder)
  }

  private func json(_ text: String) -> (suffix: String, bytes: [UInt8]) { ("json", Array(text.utf8)) }

  @Test("captions, LLaVA's turns, messages and text alone come out of one tar")
  func kinds() throws {
    let picture = try CorpusTestData.png(1)
    let (corpus, folder) = try corpus([
      [("png", picture), ("txt", Array("a cat".utf8))],
      [("jpg", picture), json(#"{"caption":"a dog","kind":"animal"}"#)],
      [
        ("webp", picture),
        json(
          #"{"conversations":[{"from":"human","value":"<image>\nWhat?"},{"from":"gpt","value":"Noise"}]}"#),
      ],
      [
        ("0.png", picture), ("1.png", picture),
        json(
          #"{"messages":[{"role":"user","content":[{"type":"image"},{"type":"image"},{"type":"text","text":"Same?"}]},{"role":"assistant","content":"Yes"}]}"#
        ),
      ],
      [("txt", Array("only words".utf8))],
    ])
    defer { withExtendedLifetime(folder) {} }
    let samples = try (0..<corpus.count).map { try corpus.sample(at: $0) }
    #expect(samples.map(\.text) == ["a cat", "a dog", nil, nil, "only words"])
    #expect(samples.map(\.pictures.count) == [1, 1, 1, 2, 0])
    #expect(samples.map(\.category) == [nil, "animal", nil, nil, nil])
    #expect(samples[2].conversation.map(\.text) == ["<image>\nWhat?", "Noise"])
    #expect(samples[3].conversation.map(\.text) == ["<image><image>Same?", "Yes"])
    #expect(try samples[3].pictures[1].encodedBytes() == picture)
  }

  @Test("a picture without a text, and turns that show other pictures, cost their sample alone")
  func faults() throws {
    let picture = try CorpusTestData.png(1)
    let turns = #"{"messages":[{"role":"user","content":"What?"},{"role":"assistant","content":"A"}]}"#
    let (corpus, folder) = try corpus([
      [("png", picture)], [("png", picture), json(turns)], [json(turns)], [("png", picture), json("{")],
    ])
    defer { withExtendedLifetime(folder) {} }
    let errors = (0..<4).map { index in words { _ = try corpus.sample(at: index) } }
    #expect(errors[0].contains("a.tar/s0"))
    #expect(errors[0].contains("a picture without a caption"))
    #expect(errors[1].contains("it has 1 pictures, but 0 times <image>"))
    #expect(errors[2] == "no error")
    #expect(errors[3].contains("s3.json"))
  }

  @Test("a folder gives all its tars, and says so where there is none")
  func folder() throws {
    let folder = try TemporaryFolder()
    for name in ["b", "a"] {
      let writer = try TarWriter("\(folder.path)/\(name).tar")
      try writer.writeSample(key: "1", [("txt", Array(name.utf8))])
      try writer.finish()
    }
    let corpus = try TarCorpus(folder.path)
    #expect(try (0..<corpus.count).map { try corpus.sample(at: $0).text } == ["a", "b"])
    #expect(try corpus.fingerprint() == TarCorpus(folder.path + "/{a,b}.tar").fingerprint())
    let empty = try TemporaryFolder()
    #expect(words { _ = try TarCorpus(empty.path) }.contains("one with .tar files"))
  }
}
