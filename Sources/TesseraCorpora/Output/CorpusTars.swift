internal import TesseraCore
internal import TesseraData

/// A split as WebDataset's tars: a caption or a question with its picture is a sample.
final class CorpusTars: CorpusSink {
  private let folder: String
  private let shardSize: Int
  private let captions: Series
  private let questions: Series
  private let descriptions: Series
  private let conversations: Series

  init(_ folder: String, shardSize: Int) throws {
    try FileIO.makeFolder(folder)
    self.folder = folder
    self.shardSize = shardSize
    captions = Series("\(folder)/captions", shardSize)
    questions = Series("\(folder)/questions", shardSize)
    descriptions = Series("\(folder)/descriptions", shardSize)
    conversations = Series("\(folder)/conversations", shardSize)
  }

  func write(_ index: Int, _ picture: CorpusPicture) throws {
    let number = CorpusWriter.number(index)
    for (turn, caption) in picture.captions.enumerated() {
      var fields = [("png", picture.png), ("txt", Array(caption.text.utf8))]
      if let category = caption.category {
        fields.append(("json", Array(JSONText.object([("category", .string(category))]).text.utf8)))
      }
      // One caption a picture is called as its picture is.
      try captions.write(picture.captions.count == 1 ? number : "\(number)-\(turn)", fields)
    }
    for (asked, series) in [(picture.questions, questions), (picture.descriptions, descriptions)] {
      for (turn, question) in asked.enumerated() {
        let json = JSONText.object([
          ("messages", CorpusWriter.messages([question])), ("category", .string(question.category)),
        ])
        try series.write("\(number)-\(turn)", [("png", picture.png), ("json", Array(json.text.utf8))])
      }
    }
    guard !picture.conversation.isEmpty else { return }
    let json = JSONText.object([("messages", CorpusWriter.messages(picture.conversation))])
    try conversations.write(number, [("png", picture.png), ("json", Array(json.text.utf8))])
  }

  func finish() throws {
    try captions.finish()
    try questions.finish()
    try descriptions.finish()
    try conversations.finish()
  }

  /// Tars of one kind: `captions-000000.tar`, `captions-000001.tar`.
  private final class Series {
    private let stem: String
    private let shardSize: Int
    private var tar: TarWriter?
    private var samples = 0

    init(_ stem: String, _ shardSize: Int) {
      self.stem = stem
      self.shardSize = shardSize
    }

    func write(_ key: String, _ fields: [(suffix: String, bytes: [UInt8])]) throws {
      if samples % shardSize == 0 {
        try tar?.finish()
        tar = try TarWriter("\(stem)-\(CorpusWriter.number(samples / shardSize)).tar")
      }
      samples += 1
      try tar?.writeSample(key: key, fields)
    }

    func finish() throws {
      try tar?.finish()
      tar = nil
    }
  }
}
