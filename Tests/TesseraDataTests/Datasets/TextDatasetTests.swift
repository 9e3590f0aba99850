import Foundation
import TestSupport
import Tessera
import Testing

@Suite("captions and conversations")
struct TextDatasetTests {
  @Test("captions come from JSONL, JSON and CSV alike; several are several samples, or the first")
  func captions() throws {
    let folder = try TemporaryFolder()
    let rows = [
      #"{"image": "a.png", "caption": "one"}"#, #"{"image": "b.png", "caption": ["two", "three, \"3\""]}"#,
    ]
    try folder.write(rows.joined(separator: "\n"), "c.jsonl")
    try folder.write("[\n" + rows.joined(separator: ",\n") + "\n]", "c.json")
    try folder.write("image,caption\na.png,one\nb.png,two\nb.png,\"three, \"\"3\"\"\"\n", "c.csv")
    for name in ["c.jsonl", "c.json", "c.csv"] {
      let set = try CaptionDataset(folder.path + "/" + name)
      let samples = try (0..<set.count).map { try set.sample(at: $0) }
      #expect(samples.map(\.name) == ["a.png", "b.png", "b.png"])
      #expect(samples.map(\.text) == ["one", "two", "three, \"3\""])
      #expect(samples[2].pictures[0].name == folder.path + "/b.png")
    }
    let first = try CaptionDataset(folder.path + "/c.json", captions: .first)
    #expect(try (0..<first.count).map { try first.sample(at: $0).text } == ["one", "two"])
    #expect(try first.fingerprint() != CaptionDataset(folder.path + "/c.json").fingerprint())
  }

  @Test("a caption without its picture, or a picture without a caption, is that sample's error")
  func incomplete() throws {
    let folder = try TemporaryFolder()
    let lines = [
      #"{"image": "a.png", "caption": "x"}"#, #"{"caption": "x"}"#, #"{"image": "a.png"}"#,
      #"{"image": "a.png", "caption": []}"#, #"{"image": "a.png", "caption": ["x", 5]}"#,
      #"{"image": "gone.png", "caption": "x"}"#, #"{"image": "a.png", "caption": {"x": 1}}"#,
    ]
    try folder.write(lines.joined(separator: "\n"), "c.jsonl")
    try folder.write([1], "a.png")
    let set = try CaptionDataset(folder.path + "/c.jsonl")
    #expect(set.count == 8)
    #expect(set.validate().map(\.index) == [1, 2, 3, 5, 6, 7])
    let error = #expect(throws: TesseraError.self) { try set.sample(at: 6).pictures[0].encodedBytes() }
    #expect(error?.path == folder.path + "/gone.png" && error?.stage == .read)
    #expect(throws: TesseraError.self) { try CaptionDataset(folder.path + "/c.jsonl", text: "captoin") }
  }

  static let llava = [
    #"{"id": "a", "image": "a.jpg", "conversations": [{"from": "human", "value": "<image>\nWhat?"}, {"from": "gpt", "value": "A cat."}]}"#,
    #"{"id": 7, "conversations": [{"from": "system", "value": "Be brief."}, {"from": "human", "value": "Hi"}]}"#,
    #"{"image": ["a.jpg", "/b.jpg"], "conversations": [{"from": "human", "value": "<image><image> Which?"}]}"#,
  ]

  @Test("LLaVA's records become turns and pictures; without a picture it is text alone")
  func llavaRecords() throws {
    let folder = try TemporaryFolder()
    try folder.write("[" + Self.llava.joined(separator: ",\n  ") + "]", "l.json")
    let set = try ConversationDataset(folder.path + "/l.json", root: "/pictures")
    let samples = try (0..<set.count).map { try set.sample(at: $0) }
    #expect(samples.map(\.name) == ["a", "7", folder.path + "/l.json, record 3"])
    #expect(
      samples.map { $0.pictures.map(\.name) } == [["/pictures/a.jpg"], [], ["/pictures/a.jpg", "/b.jpg"]])
    #expect(
      samples[0].conversation
        == [ConversationTurn(.user, "<image>\nWhat?"), ConversationTurn(.assistant, "A cat.")])
    #expect(samples[1].conversation.map(\.role) == [.system, .user])
  }

  @Test("Hugging Face's messages become the same, with text or with parts, named or inline")
  func messages() throws {
    let folder = try TemporaryFolder()
    let turn = #"{"role": "assistant", "content": "A cat."}"#
    let lines = [
      #"{"images": ["a.jpg"], "messages": [{"role": "user", "content": "<image>\nWhat?"}, \#(turn)]}"#,
      #"{"images": [{"path": "a.jpg", "bytes": null}], "messages": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "\nWhat?"}]}, \#(turn)]}"#,
      #"{"messages": [{"role": "user", "content": [{"type": "image", "path": "a.jpg"}, {"type": "text", "text": "\nWhat?"}]}, \#(turn)]}"#,
      #"{"images": null, "messages": [{"role": "user", "content": [{"type": "text", "text": "Hi"}]}]}"#,
    ]
    try folder.write(lines.joined(separator: "\n"), "m.jsonl")
    let set = try ConversationDataset(folder.path + "/m.jsonl")
    for index in 0..<3 {
      let sample = try set.sample(at: index)
      #expect(sample.pictures.map(\.name) == [folder.path + "/a.jpg"])
      #expect(
        sample.conversation == [
          ConversationTurn(.user, "<image>\nWhat?"), ConversationTurn(.assistant, "A cat."),
        ])
    }
    #expect(try set.sample(at: 3).pictures.isEmpty)
    #expect(try set.sample(at: 3).name == folder.path + "/m.jsonl, record 4")
  }

  @Test("every wrong conversation is its own error, and validate lists them all")
  func wrong() throws {
    let folder = try TemporaryFolder()
    let wrong: [(String, String)] = [
      (
        #"{"image": "a.jpg", "conversations": [{"from": "human", "value": "no mark"}]}"#,
        "1 pictures, but 0 times"
      ),
      (#"{"conversations": [{"from": "human", "value": "<image>"}]}"#, "0 pictures, but 1 times"),
      (#"{"conversations": []}"#, "is empty"), (#"{"conversations": "x"}"#, "must be an array"),
      (#"{"id": 1}"#, "no 'messages'"),
      (#"{"conversations": [{"from": "robot", "value": "x"}]}"#, "of 'robot'"),
      (#"{"conversations": [{"value": "x"}]}"#, "'from'"),
      (#"{"conversations": [{"from": "gpt"}]}"#, "'value'"),
      (#"{"conversations": [5]}"#, "must be an object"), ("[]", "expected an object"),
      (#"{"messages": [{"role": "user", "content": 5}]}"#, "'content'"),
      (#"{"messages": [{"role": "user", "content": [{"type": "video"}]}]}"#, "type 'video'"),
      (#"{"messages": [{"role": "user", "content": [{"text": "x"}]}]}"#, "'type'"),
      (#"{"messages": [{"role": "user", "content": [{"type": "text"}]}]}"#, "'text'"),
      (#"{"images": [3], "messages": [{"role": "user", "content": "<image>"}]}"#, "an object with a 'path'"),
      (
        #"{"images": ["a"], "messages": [{"role": "user", "content": [{"type": "image", "path": "b"}]}]}"#,
        "different"
      ),
      (#"{"image": "a\u0000b", "conversations": [{"from": "human", "value": "<image>"}]}"#, "NUL"),
    ]
    let lines = wrong.map(\.0) + [Self.llava[1]]
    try folder.write(lines.joined(separator: "\n"), "w.jsonl")
    let set = try ConversationDataset(folder.path + "/w.jsonl")
    let faults = set.validate()
    #expect(faults.map(\.index) == Array(0..<wrong.count))
    for (fault, (line, message)) in zip(faults, wrong) {
      #expect(fault.description.contains(message), "\(line): \(fault)")
      #expect(fault.description.contains("line \(fault.index! + 1): "))
    }
  }

  @Test("an array that is cut keeps the elements before the cut and throws for one more, with the byte")
  func cut() throws {
    let folder = try TemporaryFolder()
    let text = Array(("[" + Self.llava.joined(separator: ",") + "]").utf8)
    let length = Self.llava[0].utf8.count + 2 + Self.llava[1].utf8.count - 5
    try folder.write(Array(text[..<length]), "cut.json")
    let set = try ConversationDataset(folder.path + "/cut.json")
    #expect(set.count == 2)
    #expect(try set.sample(at: 0).name == "a")
    let error = #expect(throws: TesseraError.self) { try set.sample(at: 1) }
    #expect(error?.reason == .truncated(format: "JSON", expected: nil, got: length, unit: "bytes"))
    #expect(error?.path == folder.path + "/cut.json")
    #expect(set.validate(checkingFiles: false).map(\.index) == [1])
  }

  @Test("fingerprints change with the text and the pictures' sizes, and not otherwise")
  func fingerprint() throws {
    let folder = try TemporaryFolder()
    try folder.write([1], "a.jpg")
    func print(_ text: String) throws -> Fingerprint {
      try folder.write(text, "l.jsonl")
      return try ConversationDataset(folder.path + "/l.jsonl").fingerprint()
    }
    let first = try print(Self.llava[0])
    #expect(try print(Self.llava[0]) == first)
    #expect(try print(Self.llava[2]) != first)
    try folder.write([1, 2], "a.jpg")
    #expect(try print(Self.llava[0]) != first)
  }

  @Test("files that are no list of conversations are errors or throw for each sample")
  func noLists() throws {
    let folder = try TemporaryFolder()
    try folder.write("", "e.json")
    #expect(throws: TesseraError.self) { try ConversationDataset(folder.path + "/e.json") }
    try folder.write("a,b\n", "c.csv")
    #expect(throws: TesseraError.self) { try ConversationDataset(folder.path + "/c.csv") }
    try folder.write([0xFF, 0xFE, 0x00], "b.json")
    let binary = try ConversationDataset(folder.path + "/b.json")
    #expect(binary.count == 1)
    #expect(throws: TesseraError.self) { try binary.sample(at: 0) }
  }
}
