internal import TesseraCore
internal import TesseraData

/// A split as a folder: `images/000000.png`, `captions.jsonl` for `CaptionDataset`, `questions.jsonl` for
/// `ConversationDataset`, and where there are such `descriptions.jsonl`, and `conversations.jsonl` of several turns.
final class CorpusFolder: CorpusSink {
  private let folder: String
  private let captions: OpenFile
  private let questions: OpenFile
  private var descriptions: OpenFile?
  private var conversations: OpenFile?

  init(_ folder: String) throws {
    self.folder = folder
    try FileIO.makeFolder("\(folder)/images")
    captions = try OpenFile(creating: "\(folder)/captions.jsonl")
    questions = try OpenFile(creating: "\(folder)/questions.jsonl")
  }

  func write(_ index: Int, _ picture: CorpusPicture) throws {
    let name = "images/\(CorpusWriter.number(index)).png"
    let png = try OpenFile(creating: "\(folder)/\(name)")
    try picture.png.withUnsafeBytes { try png.write($0) }
    for caption in picture.captions {
      var members: [(key: String, value: JSONText)] = [
        ("image", .string(name)), ("text", .string(caption.text)),
      ]
      if let category = caption.category { members.append(("category", .string(category))) }
      try put(members, captions)
    }
    try put(picture.questions, name, index, questions)
    if !picture.descriptions.isEmpty {
      let file = try descriptions ?? OpenFile(creating: "\(folder)/descriptions.jsonl")
      descriptions = file
      try put(picture.descriptions, name, index, file)
    }
    guard !picture.conversation.isEmpty else { return }
    let file = try conversations ?? OpenFile(creating: "\(folder)/conversations.jsonl")
    conversations = file
    try put(
      [
        ("id", .string(CorpusWriter.number(index))), ("images", .array([.string(name)])),
        ("messages", CorpusWriter.messages(picture.conversation)),
      ], file)
  }

  func finish() throws {
    try captions.flush()
    try questions.flush()
    try descriptions?.flush()
    try conversations?.flush()
  }

  /// A conversation of one question each.
  private func put(_ asked: [CorpusPicture.Question], _ image: String, _ index: Int, _ file: OpenFile) throws
  {
    for (number, question) in asked.enumerated() {
      try put(
        [
          ("id", .string("\(CorpusWriter.number(index))-\(number)")), ("images", .array([.string(image)])),
          ("messages", CorpusWriter.messages([question])), ("category", .string(question.category)),
        ], file)
    }
  }

  private func put(_ members: [(key: String, value: JSONText)], _ file: OpenFile) throws {
    try Array((JSONText.object(members).text + "\n").utf8).withUnsafeBytes { try file.write($0) }
  }
}
