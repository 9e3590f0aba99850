import Tessera
import TesseraCore
import TesseraCorpora
import TesseraData
import TesseraText
import TestSupport
import Testing

@Suite struct CorpusCheckTests {
  private func report(
    _ folder: TemporaryFolder, _ file: String, _ configure: (inout CorpusCheck) -> Void = { _ in }
  ) throws -> CorpusReport {
    var check = CorpusCheck()
    configure(&check)
    return try check.run([CorpusSource("\(folder.path)/\(file)")])
  }

  /// A record of messages: role and text by turns.
  private func messages(_ turns: [(String, String)], images: [String] = []) -> String {
    let list = turns.map { "{\"role\":\"\($0)\",\"content\":\"\($1)\"}" }.joined(separator: ",")
    return "{\"images\":[\(images.map { "\"\($0)\"" }.joined(separator: ","))],\"messages\":[\(list)]}\n"
  }

  @Test("a sound set has no problems, and its kinds, pictures and lengths are counted")
  func sound() throws {
    let text =
      messages([("user", "<image>\\nHow many red things?"), ("assistant", "Two.")], images: ["0.png"])
      + messages(
        [("user", "<image><image>Same?"), ("assistant", "No"), ("user", "Sure?"), ("assistant", "Yes")],
        images: ["0.png", "1.png"])
      + messages([("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello there")])
    let folder = try CorpusTestData.folder(pictures: 2, "a.jsonl", text)
    let report = try report(folder, "a.jsonl") { $0.decodes = true }
    #expect(report.isSound && report.problems.isEmpty)
    #expect(report.samples == 3 && report.conversations == 3 && report.captions == 0 && report.texts == 0)
    #expect([report.withoutPicture, report.withOnePicture, report.withSeveralPictures] == [1, 1, 1])
    #expect(report.mostPictures == 2)
    #expect(report.pictures.shown == 3 && report.pictures.distinct == 2)
    #expect(report.pictures.widths == 8...8 && report.pictures.heights == 6...6)
    #expect(report.pictures.bytes == (try CorpusTestData.png(0)).count + (try CorpusTestData.png(1)).count)
    // "How many red things? Two." and "Same? No Sure? Yes" and "Be brief. Hi Hello there".
    #expect(report.words?.total == 5 + 4 + 5)
    #expect(report.words?.minimum == 4 && report.words?.maximum == 5 && report.words?.median == 5)
    #expect(report.answerWords?.total == 1 + 2 + 2)
    #expect(report.tokens == nil)
    #expect(report.text().hasSuffix("nothing is wrong\n"))
  }

  @Test("tokens are counted with the tokenizer that is given")
  func tokens() throws {
    var trainer = BPETrainer(vocabularySize: 300)
    trainer.add("aaaa aaaa")
    let tokenizer = try trainer.train()
    let folder = try CorpusTestData.folder(pictures: 0, "a.txt", "aaaa b")
    let report = try report(folder, "a.txt") { $0.tokenizer = tokenizer }
    #expect(report.tokens?.total == tokenizer.encode("aaaa b", addSpecialTokens: false).count)
  }

  @Test("text that holds a token of the tokenizer, and an answer without tokens, are errors")
  func tokensInText() throws {
    var trainer = BPETrainer(vocabularySize: 20, specialTokens: ["</s>"], initialAlphabet: .seenBytes)
    trainer.add("a b")
    let tokenizer = try trainer.train()
    let folder = try CorpusTestData.folder(
      pictures: 0, "a.jsonl",
      messages([("user", "a"), ("assistant", "b")]) + messages([("user", "a </s>"), ("assistant", "b")])
        + messages([("user", "b"), ("assistant", "xyz")]))
    let report = try report(folder, "a.jsonl") { $0.tokenizer = tokenizer }
    #expect(report.problems.map(\.kind) == [.specialToken, .emptyAnswer])
    #expect(report.problems.map(\.index) == [1, 2])
    #expect(report.problems[0].what.contains("turn 1 has '</s>'"))
    #expect(try self.report(folder, "a.jsonl").isSound, "without a tokenizer nothing is known of its tokens")
  }

  @Test(
    "each wrong record is named with its number and its kind",
    arguments: [
      (
        #"{"conversations":[{"from":"human","value":"Q"},{"from":"robot","value":"A"}]}"#, "wrong-turns",
        "'robot'"
      ),
      (#"{"conversations":[]}"#, "wrong-turns", "empty"),
      (#"{"conversations":[{"from":"gpt","value":"A"}]}"#, "wrong-turns", "begins with an answer"),
      (#"{"conversations":[{"from":"human","value":"Q"}]}"#, "wrong-turns", "no turn is an answer"),
      (
        #"{"conversations":[{"from":"human","value":"Q"},{"from":"human","value":"Q"},{"from":"gpt","value":"A"}]}"#,
        "wrong-turns", "turns 1 and 2 are both questions"
      ),
      (
        #"{"conversations":[{"from":"human","value":"Q"},{"from":"system","value":"S"},{"from":"gpt","value":"A"}]}"#,
        "wrong-turns", "turn 2 is a system text behind others"
      ),
      (
        #"{"conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":" \n"}]}"#, "empty-answer",
        "turn 2"
      ),
      (
        #"{"image":"0.png","conversations":[{"from":"human","value":"Q"},{"from":"gpt","value":"A"}]}"#,
        "image-marks", "1 pictures, but 0 times"
      ),
      (
        #"{"conversations":[{"from":"human","value":"<image>Q"},{"from":"gpt","value":"A"}]}"#,
        "image-marks", "0 pictures, but 1 times"
      ),
      (
        #"{"image":"9.png","conversations":[{"from":"human","value":"<image>Q"},{"from":"gpt","value":"A"}]}"#,
        "missing-picture", "9.png"
      ),
      (
        #"{"image":"bad.png","conversations":[{"from":"human","value":"<image>Q"},{"from":"gpt","value":"A"}]}"#,
        "corrupt-picture", "bad.png"
      ),
      ("{\"conv", "unreadable-record", "line 2"),
    ])
  func wrongConversations(record: String, kind: String, what: String) throws {
    let good = CorpusTestData.question(0, "Q?", "A")
    let folder = try CorpusTestData.folder(
      pictures: 1, "a.jsonl", good + record + "\n" + CorpusTestData.question(0, "R?", "B"))
    try folder.write("no picture", "bad.png")
    let report = try report(folder, "a.jsonl")
    #expect(!report.isSound)
    #expect(report.samples == 3)
    let problem = try #require(report.problems.first)
    #expect(report.problems.count == 1)
    #expect(problem.kind.rawValue == kind && problem.severity == .error, "\(problem)")
    #expect(problem.index == 1 && problem.file == folder.path + "/a.jsonl")
    #expect(problem.what.contains(what), "\(problem.what)")
    #expect(!problem.advice.isEmpty)
  }

  @Test("captions and texts have their own problems")
  func wrongCaptions() throws {
    let folder = try CorpusTestData.folder(
      pictures: 1, "a.jsonl",
      CorpusTestData.caption(0, "a cat") + "{\"caption\":\"alone\"}\n{\"image\":\"0.png\"}\n"
        + CorpusTestData.caption(0, "  ") + CorpusTestData.caption(0, "<image> a cat"))
    try folder.write("{\"text\":\"one\"}\n{\"text\":\"\"}\n{\"text\":\"<image>\"}\n", "t.jsonl")
    func kinds(_ file: String) throws -> [String] {
      try report(folder, file).problems.map { "\($0.index ?? -1) \($0.kind.rawValue)" }
    }
    #expect(
      try kinds("a.jsonl") == [
        "1 caption-without-picture", "2 picture-without-caption", "3 empty-answer", "4 image-marks",
      ])
    #expect(try kinds("t.jsonl") == ["1 empty-text", "2 image-marks"])
  }

  @Test("a picture that is cut short is found by decoding, not by its header")
  func cutShort() throws {
    let folder = try CorpusTestData.folder(pictures: 1, "a.jsonl", CorpusTestData.caption(0, "a cat"))
    try folder.write(Array(try CorpusTestData.png(0).dropLast(60)), "0.png")
    #expect(try report(folder, "a.jsonl").isSound)
    let decoded = try report(folder, "a.jsonl") { $0.decodes = true }
    #expect(decoded.problems.map(\.kind) == [.corruptPicture])
    #expect(decoded.text().contains("all decoded") == false, "no picture is whole")
  }

  @Test("an unanswered last question and an answer with a picture are warnings")
  func warnings() throws {
    let folder = try CorpusTestData.folder(
      pictures: 1, "a.jsonl",
      messages([("user", "Q"), ("assistant", "A"), ("user", "R")])
        + messages([("user", "Draw"), ("assistant", "<image> here")], images: ["0.png"]))
    let report = try report(folder, "a.jsonl")
    #expect(report.isSound && report.warningCount == 2)
    #expect(report.problems.map(\.kind) == [.wrongTurns, .imageMarks])
  }

  @Test("a sample that comes twice is a warning that names the first, across files too")
  func duplicates() throws {
    let folder = try CorpusTestData.folder(
      pictures: 2, "a.jsonl",
      CorpusTestData.caption(0, "a cat") + CorpusTestData.caption(1, "a cat")
        + CorpusTestData.caption(0, " a cat "))
    // The same bytes under another name are the same picture.
    try folder.write(try CorpusTestData.png(1), "copy.png")
    try folder.write("{\"image\":\"copy.png\",\"caption\":\"a cat\"}\n", "b.jsonl")
    let (a, b) = (folder.path + "/a.jsonl", folder.path + "/b.jsonl")
    let report = try CorpusCheck().run([CorpusSource(a), CorpusSource(b)])
    #expect(report.duplicates == 2 && report.isSound)
    #expect(
      report.problems.map(\.what) == [
        "pictures and text of sample 0 again", "pictures and text of sample 1 of \(a) again",
      ])
    #expect(report.problems.map(\.index) == [2, 0])
    #expect(report.pictures.distinct == 2)
  }

  @Test("what two sets share is counted by content, with examples")
  func overlap() throws {
    let folder = try CorpusTestData.folder(
      pictures: 4, "train.jsonl",
      CorpusTestData.caption(0, "a cat") + CorpusTestData.caption(1, "a dog")
        + CorpusTestData.caption(2, "a cow"))
    try folder.write(
      CorpusTestData.caption(3, "a fox") + CorpusTestData.caption(1, "a dog")
        + CorpusTestData.caption(2, "an ox")
        + CorpusTestData.caption(3, "a cat"), "val.jsonl")
    let (train, val) = (folder.path + "/train.jsonl", folder.path + "/val.jsonl")
    let report = try CorpusCheck().run([CorpusSource(train)], against: [CorpusSource(val)])
    let overlap = try #require(report.overlap)
    #expect(overlap.samples == 4)
    #expect(overlap.findings.map(\.part) == [.whole, .pictures, .text])
    #expect(overlap.findings.map(\.count) == [1, 2, 2])
    #expect(overlap.findings.map(\.of) == [4, 3, 4])
    let example = try #require(overlap.findings[0].examples.first)
    #expect(example.file == train && example.index == 1)
    #expect(example.otherFile == val && example.otherIndex == 1)
    #expect(overlap.findings[2].examples.map(\.otherIndex) == [1, 3])
    #expect(report.isSound && report.problems.allSatisfy { $0.kind == .overlap && $0.severity == .warning })
    #expect(report.samples == 3, "the other set's samples are not counted")
    let apart = try CorpusCheck().run(
      [CorpusSource(train, limit: 1)], against: [CorpusSource(val, range: 0..<1)])
    #expect(apart.problems.isEmpty && apart.overlap?.findings.map(\.count) == [0, 0, 0])
  }

  @Test("the majority baseline is the share of each category's most common answer")
  func categories() throws {
    let answers = [
      ("yes", "presence"), ("Yes ", "presence"), ("no", "presence"), ("2", "count"), ("3", "count"),
    ]
    let folder = try CorpusTestData.folder(
      pictures: 5, "a.jsonl",
      answers.enumerated().map { CorpusTestData.question($0, "Q?", $1.0, kind: $1.1) }.joined())
    let report = try report(folder, "a.jsonl")
    #expect(report.categories.map(\.name) == ["presence", "count"])
    #expect(report.categories.map(\.commonAnswer) == ["yes", "2"])
    #expect(report.categories.map(\.majority) == [2.0 / 3, 0.5])
    #expect(report.categories.map(\.distinctAnswers) == [2, 2])
    #expect(report.majorityByCategory == 0.6)
    #expect(report.text().contains("right in 60.0 % (knowing the category)"))
  }

  @Test("empty sets and sets that are not there are errors in the report, the others are checked")
  func emptySets() throws {
    let folder = try CorpusTestData.folder(pictures: 0, "empty.jsonl", "")
    try folder.write("[]", "none.json")
    try folder.write("words", "good.txt")
    let names = ["empty.jsonl", "none.json", "absent.jsonl", "good.txt"]
    let report = try CorpusCheck().run([
      CorpusSource("\(folder.path)/\(names[0])", format: .text),
      CorpusSource("\(folder.path)/\(names[1])", format: .text),
      CorpusSource("\(folder.path)/\(names[2])", format: .text), CorpusSource("\(folder.path)/\(names[3])"),
    ])
    #expect(report.problems.map(\.kind) == [.emptySet, .emptySet, .unreadableSet])
    #expect(report.sources.map(\.samples) == [0, 0, 0, 1])
    #expect(!report.isSound && report.texts == 1)
  }

  @Test("numbers of samples are those of the file where a range is checked")
  func numbers() throws {
    let folder = try CorpusTestData.folder(
      pictures: 1, "a.jsonl",
      CorpusTestData.caption(0, "a") + CorpusTestData.caption(0, "b") + CorpusTestData.caption(7, "c"))
    let report = try CorpusCheck().run([CorpusSource(folder.path + "/a.jsonl", range: 1..<3)])
    #expect(report.problems.map(\.index) == [2])
  }

  @Test("the report is the same for any number of threads, and over many blocks of samples")
  func threads() throws {
    let lines = (0..<3000).map { "{\"text\":\"\($0 % 2900) \($0 % 7 == 0 ? "x" : "")\"}" }
    let folder = try CorpusTestData.folder(pictures: 0, "a.jsonl", lines.joined(separator: "\n"))
    let one = try report(folder, "a.jsonl") { $0.threads = 1 }.json()
    #expect(try report(folder, "a.jsonl") { $0.threads = 7 }.json() == one)
    #expect(one.contains("\"samples\":3000"))
  }

  @Test("the JSON has every problem, the text the first of each kind and how many more")
  func shown() throws {
    let folder = try CorpusTestData.folder(
      pictures: 0, "a.jsonl", (0..<30).map { CorpusTestData.caption($0, "c\($0)") }.joined())
    let report = try report(folder, "a.jsonl")
    #expect(report.problems.count == 30)
    let text = report.text(shown: 3)
    #expect(text.contains("… and 27 more") && text.contains("30 errors, 0 warnings"))
    #expect(text.contains("a.jsonl, sample 2:") && !text.contains("a.jsonl, sample 3:"))
    guard case .array(let problems)? = try JSONReader.read(Array(report.json().utf8))["problems"] else {
      Issue.record("no problems")
      return
    }
    #expect(problems.count == 30)
  }

  @Test("a dataset in memory is checked as well, its pictures by their pixels")
  func inMemory() throws {
    let picture = Pictures.noise(Size(width: 4, height: 3), .rgb, seed: 1)
    let data = InMemoryDataset([
      Sample(.image(picture, name: "a"), text: "one"), Sample(.image(picture, name: "a"), text: "two"),
      Sample(.image(picture, name: "a"), text: "one"),
    ])
    let report = try CorpusCheck().run(data, name: "made")
    #expect(report.duplicates == 1 && report.pictures.distinct == 1 && report.pictures.widths == 4...4)
    #expect(report.problems.map(\.file) == ["made"])
  }

  @Test("what breaks a tar off is a problem though it costs no sample")
  func brokenTar() throws {
    let folder = try TemporaryFolder()
    let writer = try TarWriter(folder.path + "/a.tar")
    try writer.writeSample(key: "1", [("txt", Array("words".utf8))])
    try writer.writeSample(key: "2", [("txt", Array("more".utf8))])
    try writer.finish()
    let bytes = try FileIO.read(folder.path + "/a.tar")
    // The second member's header is cut.
    try folder.write(Array(bytes.prefix(1024 + 100)), "a.tar")
    let report = try report(folder, "a.tar")
    #expect(!report.isSound)
    #expect(report.problems.contains { $0.kind == .unreadableRecord && $0.file.hasSuffix("a.tar") })
  }
}
