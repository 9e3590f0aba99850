internal import TesseraCore

/// What a sample's `json` member says: a conversation, a caption, a label, as far as they are there.
///
/// `conversations` (LLaVA's) and `messages` (Hugging Face's) are read as `ConversationDataset` reads them; the
/// pictures are the sample's own members, whatever file names stand there. `caption`, else `text`, is the caption if it
/// is a string; `label`, else `cls`, the label if it is a whole number of 0 or more; `category`, `question_type` or `kind` the category.
/// Everything else is left alone:
/// datasets keep many things there.
struct SampleJSON {
  var conversation: [ConversationTurn] = []
  var caption: String?
  var label: Int?
  var category: String?

  /// - Throws: `corrupt` for what is no JSON, and for a conversation that cannot be read.
  init(_ bytes: [UInt8]) throws {
    let record = try JSONReader.read(bytes)
    var named: [String] = []
    conversation = try ConversationRecord.turns(of: record, &named) ?? []
    category = RecordCategory.find(record)
    for case .string(let text)? in [record["text"], record["caption"]] { caption = text }
    for case .int(let number)? in [record["cls"], record["label"]] where number >= 0 { label = number }
  }
}
