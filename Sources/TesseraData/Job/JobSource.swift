internal import TesseraCore

/// What a job works on: pictures, and the texts that belong to them.
struct JobSource: Sendable {
  var files: PictureFiles
  /// The samples with captions or conversations, by the pictures' indices; nil where there are none. They are read
  /// when the manifest is written, not held.
  var texts: (any Dataset)?
  /// What `run.json` calls the file with the texts.
  var textDigest: String?

  /// - Parameter captions: a file whose records are the samples; its paths start at the source.
  init(
    _ source: String, captions: String?, excluding destination: String, remote: RemoteStore? = nil
  ) throws {
    guard let captions else {
      if PackSource.isTar(source) {
        let tars = try WebDataset(source, remote: remote)
        (files, texts) = (PictureFiles.ofTars(tars), tars)
      } else {
        files = try PictureFiles(source: source, excluding: destination)
      }
      return
    }
    let data = try PackSource.open(source, captions: captions, excluding: destination)
    files = PictureFiles.ofCaptions(data, classes: (data as? FolderLabels)?.classes ?? [], root: source)
    texts = data
    textDigest = try data.fingerprint().hex
  }

  /// The members of a manifest's line that say a picture's text and conversation.
  func members(of sample: Int) throws -> [(key: String, value: JSONText)] {
    guard let texts else { return [] }
    let sample = try texts.sample(at: sample)
    var pairs: [(key: String, value: JSONText)] = []
    if let text = sample.text { pairs.append(("text", .string(text))) }
    if !sample.conversation.isEmpty { pairs.append(("messages", ConversationTurn.json(sample.conversation))) }
    if let category = sample.category { pairs.append(("category", .string(category))) }
    return pairs
  }
}

extension ConversationTurn {
  /// Turns as Hugging Face's messages.
  static func json(_ turns: [ConversationTurn]) -> JSONText {
    .array(
      turns.map { .object([("role", .string($0.role.rawValue)), ("content", .string($0.text))]) })
  }
}
