internal import TesseraCore
internal import TesseraData

/// A split as a folder: `images/000000.png`, `captions.jsonl` for `CaptionDataset`, `questions.jsonl` for
/// `ConversationDataset`, and where there are such `descriptions.jsonl`, and `conversations.jsonl` of several turns.
final class CorpusFolder: CorpusSink {
  private let folder: String
  private let captions: NewFile
  private let questions: NewFile
  private var descriptions: NewFile?
  private var conversations: NewFile?

  init(_ folder: String) throws {
    self.folder = folder
    try FileIO.makeFolder("\(folder)/images")
    captions = try NewFile("\(folder)/captions.jsonl")
    questions = try NewFile("\(folder)/questions.jsonl")
  }

  func write(_ index: Int, _ picture: CorpusPicture) throws {
    let name = "images/\(CorpusWriter.number(index)).png"
    let png = try NewFile("\(folder)/\(name)")
    try picture.png.withUnsafeBytes { try png.write($0) }
    try png.close()
    for caption in picture.captions {
      var members: [(key: String, value: JSONText)] = [
        ("image", .string(name)), ("text", .string(caption.text)),
      ]
      if let category = caption.category { members.append(("category", .string(category))) }
      try put(members, captions)
    }
    try put(picture.questions, name, index, questions)
    if !picture.descriptions.isEmpty {
      let file = try descriptions ?? NewFile("\(folder)/descriptions.jsonl")
      descriptions = file
      try put(picture.descriptions, name, index, file)
    }
    guard !picture.conversation.isEmpty else { return }
    let file = try conversations ?? NewFile("\(folder)/conversations.jsonl")
    conversations = file
    try put(
      [
        ("id", .string(CorpusWriter.number(index))), ("images", .array([.string(name)])),
        ("messages", CorpusWriter.messages(picture.conversation)),
      ], file)
  }

  func finish() throws {
    try captions.close(sync: true)
    try questions.close(sync: true)
    try descriptions?.close(sync: true)
    try conversations?.close(sync: true)
  }

  /// A conversation of one question each.
  private func put(_ asked: [CorpusPicture.Question], _ image: String, _ index: Int, _ file: NewFile) throws {
    for (number, question) in asked.enumerated() {
      try put(
        [
          ("id", .string("\(CorpusWriter.number(index))-\(number)")), ("images", .array([.string(image)])),
          ("messages", CorpusWriter.messages([question])), ("category", .string(question.category)),
        ], file)
    }
  }

  private func put(_ members: [(key: String, value: JSONText)], _ file: NewFile) throws {
    try Array((JSONText.object(members).text + "\n").utf8).withUnsafeBytes { try file.write($0) }
  }
}
