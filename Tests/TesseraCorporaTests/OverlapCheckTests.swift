import TesseraCorpora
import TestSupport
import Testing

@Suite("held-out data is compared with what is trained on")
struct OverlapCheckTests {
  private func warnings(_ trained: String, _ heldOut: String, pictures: Int = 6) throws -> [String] {
    let folder = try CorpusTestData.folder(pictures: pictures, "train.jsonl", trained)
    try folder.write(heldOut, "held.jsonl")
    let (train, held) = (
      try CorpusSource("\(folder.path)/train.jsonl").open(),
      try CorpusSource("\(folder.path)/held.jsonl").open()
    )
    let one = try OverlapCheck(heldOut: [("held", held)], threads: 1).warnings(against: [("train", train)])
    let three = try OverlapCheck(heldOut: [("held", held)], threads: 3).warnings(against: [("train", train)])
    #expect(one == three)
    return one
  }

  @Test("nothing in common is no warning, though the questions are the same")
  func nothing() throws {
    let train = (0..<3).map { CorpusTestData.question($0, "What is it?", "a cat") }.joined()
    let held = (3..<6).map { CorpusTestData.question($0, "What is it?", "a cat") }.joined()
    #expect(try warnings(train, held) == [])
  }

  @Test("the same sample, and the same picture with other words, are told apart")
  func found() throws {
    let train = (0..<4).map { CorpusTestData.question($0, "What is it?", "a cat") }.joined()
    let held =
      CorpusTestData.question(2, "What is it?", " a cat ") + CorpusTestData.question(3, "How many?", "two")
      + CorpusTestData.question(5, "What is it?", "a cat")
    let lines = try warnings(train, held)
    #expect(lines.count == 1)
    let line = try #require(lines.first)
    #expect(
      line.contains(
        "of the 3 samples of 'held' 1 are trained on as they are (sample 0 is sample 2 of 'train')"),
      "\(line)")
    #expect(line.contains("1 show pictures that are trained on with other words"), "\(line)")
  }

  @Test("text alone is compared by its text; pictures that cannot be read count for nothing")
  func text() throws {
    let folder = try TemporaryFolder()
    try folder.write("one\ntwo\nthree\n", "train.txt")
    try folder.write("three\nfour\n", "held.txt")
    let sets = try ["train.txt", "held.txt"].map {
      try CorpusSource("\(folder.path)/\($0)", split: .lines).open()
    }
    let lines = try OverlapCheck(heldOut: [("held", sets[1])]).warnings(against: [("train", sets[0])])
    #expect(lines.count == 1 && lines[0].contains("of the 2 samples of 'held' 1 are trained on"), "\(lines)")
    let lost = CorpusTestData.question(9, "What is it?", "a cat")
    #expect(try warnings(lost, lost) == [])
  }
}
