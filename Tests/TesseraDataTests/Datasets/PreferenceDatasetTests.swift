import Foundation
import TestSupport
import TesseraCore
import TesseraData
import Testing

@Suite("Preferences") struct PreferenceDatasetTests {
  private func sample(_ record: String) throws -> Sample {
    let folder = try TemporaryFolder()
    try folder.write(record + "\n", "p.jsonl")
    return try PreferenceDataset("\(folder.path)/p.jsonl", root: "images").sample(at: 0)
  }

  /// Every layout of the same preference.
  static let layouts = [
    // TRL: standard, conversational, with typed parts, with an implicit prompt.
    #"{"prompt": "<image>\nWhat colour?", "chosen": "red", "rejected": "blue", "images": ["a.jpg"]}"#,
    #"{"prompt": "What colour?", "chosen": "red", "rejected": "blue", "image": "a.jpg"}"#,
    #"{"prompt": [{"role": "user", "content": "What colour?"}], "chosen": [{"role": "assistant", "content": "red"}], "rejected": [{"role": "assistant", "content": "blue"}], "images": ["a.jpg"]}"#,
    #"{"prompt": [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "\nWhat colour?"}]}], "chosen": [{"role": "assistant", "content": [{"type": "text", "text": "red"}]}], "rejected": [{"role": "assistant", "content": "blue"}], "images": [{"path": "a.jpg"}]}"#,
    #"{"chosen": [{"role": "user", "content": "What colour?"}, {"role": "assistant", "content": "red"}], "rejected": [{"role": "user", "content": "What colour?"}, {"role": "assistant", "content": "blue"}], "images": ["a.jpg"]}"#,
    // ms-swift.
    #"{"messages": [{"role": "user", "content": "<image>\nWhat colour?"}, {"role": "assistant", "content": "red"}], "rejected_response": "blue", "images": ["a.jpg"]}"#,
    #"{"messages": [{"role": "user", "content": "<image>\nWhat colour?"}, {"role": "assistant", "content": "red"}], "rejected_messages": [{"role": "user", "content": "<image>\nWhat colour?"}, {"role": "assistant", "content": "blue"}], "images": ["a.jpg"]}"#,
    // Ours.
    #"{"prompt": "What colour?", "ranked": ["red", "blue"], "images": ["a.jpg"]}"#,
  ]

  @Test("of every layout are the same", arguments: layouts)
  func sameOfEach(_ record: String) throws {
    let sample = try sample(record)
    #expect(
      sample.conversation == [
        ConversationTurn(.user, "<image>\nWhat colour?"), ConversationTurn(.assistant, "red"),
      ])
    #expect(sample.rejected == [RejectedAnswer("blue")])
    #expect(sample.pictures.map(\.name) == ["images/a.jpg"])
  }

  @Test("may have several answers, ranked or only worse, and margins")
  func several() throws {
    let ranked = try sample(
      #"{"prompt": "Q", "ranked": ["a", "b", "c"], "margin": [0.5, 2], "category": "k"}"#)
    #expect(
      ranked.rejected == [RejectedAnswer("b", rank: 1, margin: 0.5), RejectedAnswer("c", rank: 2, margin: 2)])
    #expect(ranked.category == "k" && ranked.pictures.isEmpty)
    let worse = try sample(#"{"prompt": "Q", "chosen": "a", "rejected": ["b", "c"], "margin": 1}"#)
    #expect(worse.rejected == [RejectedAnswer("b", margin: 1), RejectedAnswer("c", margin: 1)])
    let turns = try sample(
      #"{"prompt": [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}, {"role": "user", "content": "Q2"}], "chosen": "a", "rejected": "b", "images": ["1.png", "2.png"]}"#
    )
    #expect(turns.conversation.map(\.text) == ["S", "<image>\n<image>\nQ", "A", "Q2", "a"])
  }

  @Test("of a hundred thousand answers, and records of as many members, are read in a pass") func long()
    throws
  {
    let answers = (0..<100_000).map { "\"\($0)\"" }.joined(separator: ",")
    let sample = try sample(#"{"prompt": "Q", "ranked": [\#(answers)], "images": ["a.jpg"]}"#)
    #expect(sample.rejected.count == 99_999)
    let members = (0..<100_000).map { #""\#($0)": 0,"# }.joined()
    #expect(
      try self.sample("{" + members + String(Self.layouts[1].dropFirst())).rejected == [
        RejectedAnswer("blue")
      ])
  }

  @Test(
    "that are none say what is wrong",
    arguments: [
      (#"{"prompt": "Q", "chosen": "a"}"#, "no 'rejected'"),
      (#"{"prompt": "Q", "chosen": "a", "rejected": "a"}"#, "the same"),
      (#"{"chosen": "a", "rejected": "b"}"#, "no 'prompt'"),
      (#"{"prompt": "Q", "ranked": ["a"]}"#, "two answers"),
      (#"{"prompt": "Q", "ranked": ["a", "b", "b"]}"#, "twice"),
      (
        #"{"messages": [{"role": "user", "content": "Q"}], "rejected_response": "b"}"#,
        "must end with the assistant"
      ),
      (
        #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "a"}]}"#,
        "rejected_response"
      ),
      (
        #"{"prompt": "<image> and <image>", "chosen": "a", "rejected": "b", "images": ["1.png"]}"#,
        "1 pictures"
      ),
      (#"{"prompt": "Q", "chosen": "a", "rejected": "b", "margin": -1}"#, "margin"),
      (#"{"prompt": "Q", "chosen": "a", "rejected": ["b", "c"], "margin": [1]}"#, "margin"),
      (#"{"prompt": "Q", "chosen": 7, "rejected": "b"}"#, "chosen"),
      (
        #"{"prompt": [{"role": "assistant", "content": "Q"}], "chosen": "a", "rejected": "b"}"#,
        "must end with what the user"
      ),
      (
        #"{"chosen": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "a"}], "rejected": [{"role": "user", "content": "P"}, {"role": "assistant", "content": "b"}]}"#,
        "differ before"
      ),
      (#"{"prompt": "Q", "chosen": "a", "rejected": [7, "b"]}"#, "rejected"), ("{", "JSON"), ("7", "object"),
    ])
  func wrong(_ record: String, _ words: String) {
    #expect { try sample(record) } throws: { "\($0)".contains(words) && "\($0)".contains("p.jsonl") }
  }

  @Test("go through a loader with their answers")
  func loads() async throws {
    let folder = try TemporaryFolder()
    try folder.write(
      (0..<5).map { "{\"prompt\": \"Q\", \"chosen\": \"a\", \"rejected\": \"b\($0)\"}\n" }.joined(), "p.jsonl"
    )
    let dataset = try PreferenceDataset("\(folder.path)/p.jsonl")
    let loader = DataLoader(dataset, batchSize: 5, threads: 2)
    let batch = try #require(try loader.epoch(0).makeBatchIterator().nextBlocking())
    #expect(batch.rejected.map { $0.map(\.text) } == (0..<5).map { ["b\($0)"] })
    // Another answer is another data set.
    try folder.write("{\"prompt\": \"Q\", \"chosen\": \"a\", \"rejected\": \"c\"}\n", "q.jsonl")
    #expect(try dataset.fingerprint() != PreferenceDataset("\(folder.path)/q.jsonl").fingerprint())
  }
}
