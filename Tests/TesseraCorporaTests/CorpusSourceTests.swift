import Tessera
import TesseraCorpora
import TesseraData
import TestSupport
import Testing

@Suite struct CorpusSourceTests {
  @Test(
    "the format is told from the extension and the first records",
    arguments: [
      ("a.jsonl", CorpusTestData.question(0, "Q?", "A"), CorpusFormat.llava),
      ("a.json", "[\(CorpusTestData.question(0, "Q?", "A"))]", .llava),
      ("a.jsonl", #"{"images":[],"messages":[{"role":"user","content":"Hi"}]}"#, .messages),
      ("a.jsonl", CorpusTestData.caption(0, "a cat"), .captions),
      ("a.jsonl", "{\"text\":\"words\"}", .text),
      ("a.csv", "image,caption\n0.png,a cat\n", .captions),
      ("a.txt", "words", .text),
    ])
  func detects(file: String, text: String, format: CorpusFormat) throws {
    let folder = try CorpusTestData.folder(pictures: 1, file, text)
    let source = CorpusSource("\(folder.path)/\(file)")
    #expect(try source.resolvedFormat() == format)
    let sample = try source.open().sample(at: 0)
    #expect(sample.conversation.isEmpty == (format != .llava && format != .messages))
    #expect((sample.text == nil) == (format == .llava || format == .messages))
    #expect(sample.pictures.count == (format == .llava || format == .captions ? 1 : 0))
  }

  @Test("a folder is one of tars or one of texts, and neither is an error that says what there is")
  func folders() throws {
    let texts = try TemporaryFolder()
    try texts.write("one", "a/1.txt")
    #expect(try CorpusFormat.detect(texts.path) == .text)
    let tars = try TemporaryFolder()
    let writer = try TarWriter(tars.path + "/a.tar")
    try writer.writeSample(key: "1", [("txt", Array("words".utf8))])
    try writer.finish()
    #expect(try CorpusFormat.detect(tars.path) == .webdataset)
    #expect(try CorpusSource(tars.path).open().sample(at: 0).text == "words")
    let empty = try TemporaryFolder()
    #expect(words { _ = try CorpusFormat.detect(empty.path) }.contains("got one with neither"))
    try tars.write("text", "b.txt")
    #expect(words { _ = try CorpusFormat.detect(tars.path) }.contains("got one of both"))
  }

  @Test(
    "a file of many megabytes is told by its beginning, and by its end where the first record is that long")
  func longFiles() throws {
    let filler = String(repeating: "x", count: 5 << 20)
    let folder = try TemporaryFolder()
    let turns = #""conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":"A"}]"#
    try folder.write("{\(turns)}\n{\"x\":\"\(filler)\"}\n", "a.jsonl")
    try folder.write("[{\(turns)},{\"x\":\"\(filler)\"}]", "a.json")
    try folder.write("[{\"x\":\"\(filler)\",\(turns)}]", "b.json")
    for name in ["a.jsonl", "a.json", "b.json"] {
      #expect(try CorpusFormat.detect("\(folder.path)/\(name)") == .llava)
    }
  }

  @Test("what is no data set is refused with what there is")
  func refuses() throws {
    let folder = try CorpusTestData.folder(pictures: 0, "a.jsonl", #"{"prompt":"x","answer":"y"}"#)
    #expect(
      words { _ = try CorpusFormat.detect(folder.path + "/a.jsonl") }.contains("got 'prompt', 'answer'"))
    try folder.write("x", "a.parquet")
    #expect(words { _ = try CorpusFormat.detect(folder.path + "/a.parquet") }.contains("extension 'parquet'"))
    #expect(words { _ = try CorpusFormat.detect(folder.path + "/none.jsonl") }.contains("No such file"))
  }

  @Test("a format that the file does not have, and settings without a use, are errors")
  func contradictions() throws {
    let folder = try CorpusTestData.folder(pictures: 1, "a.jsonl", CorpusTestData.question(0, "Q?", "A"))
    try folder.write("words", "a.txt")
    let (turns, text) = (folder.path + "/a.jsonl", folder.path + "/a.txt")
    #expect(words { _ = try CorpusSource(turns, format: .messages).open() }.contains("must be llava"))
    #expect(words { _ = try CorpusSource(turns, format: .captions).open() }.contains("column of the"))
    #expect(words { _ = try CorpusSource(text, images: "x").open() }.contains("images must be nothing"))
    #expect(words { _ = try CorpusSource(turns, split: .lines).open() }.contains("split must be file"))
    #expect(words { _ = try CorpusSource(turns, cache: "x").open() }.contains("cache must be nothing"))
    #expect(
      words { _ = try CorpusSource(turns, weight: 0).open() }.contains("weight must be finite, above 0"))
    #expect(words { _ = try CorpusSource(turns, limit: -1).open() }.contains("limit must be 0 or more"))
  }

  @Test("range and limit take the samples that they say")
  func ranges() throws {
    let text = (0..<10).map { "{\"text\":\"t\($0)\"}\n" }.joined()
    let folder = try CorpusTestData.folder(pictures: 0, "a.jsonl", text)
    func texts(_ range: Range<Int>?, _ limit: Int?) throws -> [String?] {
      let data = try CorpusSource(folder.path + "/a.jsonl", range: range, limit: limit).open()
      return try (0..<data.count).map { try data.sample(at: $0).text }
    }
    #expect(try texts(2..<5, nil) == ["t2", "t3", "t4"])
    #expect(try texts(2..<5, 1) == ["t2"])
    #expect(try texts(nil, 3) == ["t0", "t1", "t2"])
    #expect(try texts(8..<100, nil) == ["t8", "t9"])
    #expect(try texts(50..<60, nil) == [])
    #expect(try texts(nil, .max).count == 10)
  }

  @Test("pictures' paths start at `images`")
  func images() throws {
    let folder = try TemporaryFolder()
    try folder.write(CorpusTestData.caption(0, "a cat"), "lists/a.jsonl")
    let data = try CorpusSource(folder.path + "/lists/a.jsonl", images: folder.path + "/pictures").open()
    #expect(try data.sample(at: 0).pictures[0].name == folder.path + "/pictures/0.png")
  }

  @Test(
    "the category is the first of category, question_type and kind that is a string",
    arguments: [
      (#""category":"a","question_type":"b""#, "a"), (#""question_type":"b","kind":"c""#, "b"),
      (#""kind":"c""#, "c"), (#""category":3,"kind":"c""#, "c"), (#""category":"""#, nil), (#""x":"y""#, nil),
    ] as [(String, String?)])
  func categories(members: String, category: String?) throws {
    let records = [
      "{\"image\":\"0.png\",\"caption\":\"x\",\(members)}", "{\"text\":\"x\",\(members)}",
      "{\(members),\"conversations\":[{\"from\":\"human\",\"value\":\"Q\"},{\"from\":\"gpt\",\"value\":\"A\"}]}",
      "{\(members),\"messages\":[{\"role\":\"user\",\"content\":\"Q\"},{\"role\":\"assistant\",\"content\":\"A\"}]}",
    ]
    for record in records {
      let folder = try CorpusTestData.folder(pictures: 0, "a.jsonl", record)
      #expect(try CorpusSource(folder.path + "/a.jsonl").open().sample(at: 0).category == category)
    }
    let folder = try TemporaryFolder()
    let writer = try TarWriter(folder.path + "/a.tar")
    try writer.writeSample(key: "1", [("json", Array("{\"text\":\"x\",\(members)}".utf8))])
    try writer.finish()
    #expect(try CorpusSource(folder.path + "/a.tar").open().sample(at: 0).category == category)
  }

  @Test("a CSV's category is its column's, nothing where the field is empty")
  func categoryOfCSV() throws {
    let folder = try CorpusTestData.folder(
      pictures: 0, "a.csv", "image,caption,kind\n0.png,x,count\n1.png,y,\n")
    let data = try CorpusSource(folder.path + "/a.csv").open()
    #expect(try (0..<2).map { try data.sample(at: $0).category } == ["count", nil])
  }

  @Test("packed tars keep categories")
  func packed() throws {
    let folder = try CorpusTestData.folder(
      pictures: 2, "a.jsonl",
      CorpusTestData.question(0, "Q?", "A", kind: "count")
        + CorpusTestData.question(1, "Q?", "B", kind: "size"))
    let data = try CorpusSource(folder.path + "/a.jsonl").open()
    _ = try PackJob(data, destination: folder.path + "/out").run()
    let tars = try CorpusSource(folder.path + "/out").open()
    #expect(try (0..<2).map { try tars.sample(at: $0).category } == ["count", "size"])
    #expect(try (0..<2).map { try tars.sample(at: $0).conversation[1].text } == ["A", "B"])
  }
}
