import Foundation
import TestSupport
import Tessera
import TesseraCodecs
import TesseraCore
import TesseraCorpora
import TesseraData
import Testing

@Suite struct ShapesCorpusTests {
  private let small = ShapesCorpus(seed: 4, counts: [.train: 6, .validation: 3, .heldout: 300], questions: 3)

  @Test("a folder is read back by CaptionDataset: the scenes' pictures and captions")
  func captions() throws {
    let folder = try TemporaryFolder()
    try small.write(to: folder.path + "/shapes")
    for (split, count) in small.counts {
      let data = try CaptionDataset("\(folder.path)/shapes/\(split.rawValue)/captions.jsonl")
      #expect(data.count == count)
      #expect(data.validate(checkingFiles: true) == [])
      for index in 0..<min(count, 6) {
        let sample = try data.sample(at: index)
        let scene = ShapesScene(seed: 4, split: split, index: index)
        #expect(sample.text == scene.caption)
        let bytes = try #require(try sample.pictures[0].encodedBytes())
        #expect(try ImageDecoder().decode(bytes, DecodeRequest()) == scene.image)
      }
    }
  }

  @Test("a folder's questions are read back by ConversationDataset, and each record names its kind")
  func questions() throws {
    let folder = try TemporaryFolder()
    try small.write(to: folder.path + "/shapes")
    let path = "\(folder.path)/shapes/heldout/questions.jsonl"
    let data = try ConversationDataset(path)
    #expect(data.count == 900)
    #expect(data.validate(checkingFiles: true) == [])
    let lines = try folder.lines("shapes/heldout/questions.jsonl")
    for index in 0..<data.count {
      let question = ShapesScene(seed: 4, split: .heldout, index: index / 3).questions(3)[index % 3]
      let sample = try data.sample(at: index)
      #expect(
        sample.conversation == [
          ConversationTurn(.user, "<image>\(question.text)"), ConversationTurn(.assistant, question.answer),
        ])
      #expect(
        sample.pictures.map(\.name) == [
          "\(folder.path)/shapes/heldout/images/\(String(1_000_000 + index / 3).dropFirst()).png"
        ])
      let record = try JSONReader.read(Array(lines[index].utf8))
      #expect(record["category"]?.text == question.kind.rawValue)
    }
  }

  @Test("descriptions are captions as answers to requests, in files of their own, and change no other file")
  func descriptions() throws {
    let folder = try TemporaryFolder()
    var corpus = small
    try corpus.write(to: folder.path + "/plain")
    corpus.descriptions = true
    try corpus.write(to: folder.path + "/shapes")
    let data = try ConversationDataset("\(folder.path)/shapes/heldout/descriptions.jsonl")
    #expect(data.count == 300 && data.validate(checkingFiles: true) == [])
    var requests: [String: Int] = [:]
    for index in 0..<data.count {
      let scene = ShapesScene(seed: 4, split: .heldout, index: index)
      let turns = try data.sample(at: index).conversation
      #expect(turns.map(\.text) == ["<image>\(scene.request)", scene.caption])
      requests[scene.request, default: 0] += 1
    }
    // All wordings, about equally often: 75 of 300, ±5 deviations of 7.5.
    #expect(Set(requests.keys) == Set(ShapesScene.requests))
    #expect(requests.values.allSatisfy { (38...112).contains($0) }, "\(requests)")
    for name in ["captions.jsonl", "questions.jsonl", "images/000001.png"] {
      let (with, without) = (
        FileManager.default.contents(atPath: "\(folder.path)/shapes/train/\(name)"),
        FileManager.default.contents(atPath: "\(folder.path)/plain/train/\(name)")
      )
      #expect(with != nil && with == without, "\(name)")
    }
    #expect(
      try !corpus.isWritten(at: folder.path + "/plain") && corpus.isWritten(at: folder.path + "/shapes"))
    corpus.format = .tar
    try corpus.write(to: folder.path + "/tars")
    let tar = try WebDataset("\(folder.path)/tars/train/descriptions-000000.tar")
    #expect(tar.count == 6)
    let first = ShapesScene(seed: 4, split: .train, index: 0)
    #expect(try tar.sample(at: 0).conversation.map(\.text) == ["<image>\(first.request)", first.caption])
  }

  @Test("tars are read back by WebDataset")
  func tars() throws {
    let folder = try TemporaryFolder()
    var corpus = small
    corpus.format = .tar
    try corpus.write(to: folder.path + "/shapes")
    let captions = try WebDataset("\(folder.path)/shapes/validation/captions-000000.tar")
    #expect(captions.count == 3 && captions.faults.isEmpty)
    let questions = try WebDataset("\(folder.path)/shapes/validation/questions-000000.tar")
    #expect(questions.count == 9 && questions.faults.isEmpty)
    for index in 0..<3 {
      let scene = ShapesScene(seed: 4, split: .validation, index: index)
      let sample = try captions.sample(at: index)
      #expect(sample.text == scene.caption)
      let bytes = try #require(try sample.pictures[0].encodedBytes())
      #expect(try ImageDecoder().decode(bytes, DecodeRequest()) == scene.image)
      for (number, question) in scene.questions(3).enumerated() {
        let asked = try questions.sample(at: 3 * index + number)
        #expect(asked.pictures.count == 1)
        #expect(asked.conversation.map(\.text) == ["<image>\(question.text)", question.answer])
        let json = try #require(try questions.bytes("json", of: 3 * index + number))
        #expect(try JSONReader.read(json)["category"]?.text == question.kind.rawValue)
      }
    }
  }

  @Test("the same settings give the same files, and more scenes the same and more")
  func determinism() throws {
    let folder = try TemporaryFolder()
    try small.write(to: folder.path + "/a")
    try small.write(to: folder.path + "/b")
    let (a, b) = (
      try TemporaryFolder.contents(folder.path + "/a"), try TemporaryFolder.contents(folder.path + "/b")
    )
    #expect(a == b)
    #expect(a.count == 6 + 3 + 300 + 3 * 2 + 1)
    var longer = small
    longer.counts = [.train: 8]
    try longer.write(to: folder.path + "/c")
    let c = try TemporaryFolder.contents(folder.path + "/c")
    #expect(c.count == 8 + 2 + 1)
    for (name, data) in a where name.hasPrefix("train/") {
      #expect(c[name]?.starts(with: data) == true, "\(name)")
    }
  }

  @Test("shapes.json says what the folder is")
  func description() throws {
    let folder = try TemporaryFolder()
    try small.write(to: folder.path + "/shapes")
    #expect(try folder.lines("shapes/shapes.json") == [small.json])
    let record = try JSONReader.read(Array(small.json.utf8))
    #expect(record["seed"]?.text == "4")
    #expect(record["scenes"]?["heldout"]?.text == "300")
    #expect(small.json.contains("blue circle"))
  }

  @Test("a folder that exists is refused; overwriting replaces a folder of Shapes and nothing else")
  func overwriting() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/shapes"
    try small.write(to: path)
    let before = try TemporaryFolder.contents(path)
    #expect(throws: TesseraError.self) { try small.write(to: path) }
    #expect(try TemporaryFolder.contents(path) == before)
    var other = small
    other.counts = [.train: 2]
    try other.write(to: path, overwrite: true)
    #expect(try TemporaryFolder.contents(path).count == 2 + 2 + 1)
    try folder.write("precious", "mine/notes.txt")
    #expect(throws: TesseraError.self) { try small.write(to: folder.path + "/mine", overwrite: true) }
    #expect(try folder.lines("mine/notes.txt") == ["precious"])
    // Nothing is left aside.
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["mine", "shapes"])
  }

  @Test("settings out of range are refused before anything is written")
  func settings() throws {
    let folder = try TemporaryFolder()
    let wrong = [
      ShapesCorpus(side: 8), ShapesCorpus(side: 2000), ShapesCorpus(questions: 9),
      ShapesCorpus(questions: -1),
      ShapesCorpus(counts: [.train: -1]), ShapesCorpus(counts: [.train: 0]), ShapesCorpus(counts: [:]),
    ]
    for corpus in wrong {
      #expect {
        try corpus.write(to: folder.path + "/shapes")
      } throws: {
        if case .invalidArgument? = ($0 as? TesseraError)?.reason { true } else { false }
      }
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).isEmpty)
  }

  @Test("ShapesDataset gives without a disk what the corpus writes")
  func dataset() throws {
    let data = ShapesDataset(seed: 4, split: .validation, count: 3, task: .questions)
    #expect(data.count == 3)
    let scene = ShapesScene(seed: 4, split: .validation, index: 2)
    let sample = try data.sample(at: 2)
    let question = scene.questions(1)[0]
    #expect(sample.category == question.kind.rawValue)
    #expect(sample.conversation.map(\.text) == ["<image>\(question.text)", question.answer])
    guard case .image(let image, _) = sample.pictures[0] else {
      Issue.record("no decoded picture")
      return
    }
    #expect(image == scene.image)
    #expect(
      try ShapesDataset(seed: 4, split: .validation, count: 3, task: .captions).sample(at: 2).text
        == scene.caption)
    #expect(
      try data.fingerprint()
        != ShapesDataset(seed: 5, split: .validation, count: 3, task: .questions).fingerprint())
  }
}
