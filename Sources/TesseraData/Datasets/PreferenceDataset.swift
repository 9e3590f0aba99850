internal import TesseraCore

/// Prompts with answers of which some are better than others: what a reward model, or DPO, learns from.
///
///     let pairs = try PreferenceDataset("preferences.jsonl", root: "images")
///
/// A record is one of
///
///     {"prompt": "<image>\nWhat colour is it?", "chosen": "red", "rejected": "blue", "images": ["a.jpg"]}
///     {"prompt": [{"role": "user", "content": …}], "chosen": [{"role": "assistant", …}], "rejected": […], "images": […]}
///     {"chosen": [turns to the end], "rejected": [the same turns, and another last one], "images": […]}
///     {"messages": [turns to the end], "rejected_response": "blue", "images": ["a.jpg"]}
///     {"messages": […], "rejected_messages": […], "images": […]}
///     {"prompt": …, "ranked": ["the best", "a worse one", "the worst"], "images": […]}
///
/// The first three are TRL's (standard, conversational, with an implicit prompt), the next two are ms-swift's, and the
/// last is ours for any number of answers in order. `rejected` and `rejected_response` may also be an array of strings: all
/// of them are worse than the chosen answer, and are not compared with one another. `margin` (a number, or one for each
/// answer that is rejected) says by how much the chosen answer is better. Where no `<image>` says where the pictures
/// stand, they stand before the first user's words. Pictures, roles and parts are as in `ConversationDataset`.
///
/// A sample's `conversation` ends with the best answer; the others are in `rejected`.
public struct PreferenceDataset: Dataset {
  private let list: PictureList

  /// Opens a file: `.json` (an array) or `.jsonl`.
  ///
  /// - Parameter root: the folder that relative paths start at; by default the file's own.
  /// - Throws: `io`, `corrupt` for an empty file.
  /// - Complexity: O(bytes).
  public init(_ file: String, root: String? = nil) throws {
    do {
      guard !["csv", "tsv"].contains(PictureFiles.fileExtension(file)) else {
        throw TesseraError(.unsupported(format: "a CSV file", feature: "preferences in it"))
      }
      list = try PictureList(file, root: root)
    } catch let error as TesseraError {
      throw error.with(path: file, stage: .list)
    }
  }

  public var count: Int { list.count }

  /// - Throws: what is wrong with the record. Whether the pictures are there shows when they are read.
  public func sample(at index: Int) throws -> Sample {
    try list.read(index) { record in
      let parsed = try PreferenceRecord(record.value)
      return Sample(
        name: parsed.id ?? "\(list.path), record \(index + 1)",
        pictures: try parsed.pictures.map { .file(try list.resolve($0)) }, conversation: parsed.turns,
        rejected: parsed.rejected, category: parsed.category)
    }
  }

  public func label(at index: Int) throws -> Int? { nil }

  /// The file's bytes and the size of every picture. Worked out once.
  public func fingerprint() throws -> Fingerprint {
    try list.fingerprint(["preferences"], columns: PreferenceRecord.members) { record in
      try PreferenceRecord(record.value).pictures
    }
  }
}
