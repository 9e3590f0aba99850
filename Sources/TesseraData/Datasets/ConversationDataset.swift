internal import TesseraCore

/// Conversations about pictures: LLaVA's JSON, or Hugging Face's `messages` in JSONL.
///
///     let tuning = try ConversationDataset("llava_v1_5_mix665k.json", root: "data/images")
///
/// A record is one of
///
///     {"id": "7", "image": "a.jpg", "conversations": [{"from": "human", "value": "<image>\nWhat is this?"}, …]}
///     {"images": ["a.jpg"], "messages": [{"role": "user", "content": [{"type": "image"},
///                                                                     {"type": "text", "text": "What is this?"}]}, …]}
///
/// A record without a picture is text alone. `image` or `images` is a path, or an array of paths (or of objects with a
/// `path`). Content is a string, or parts one after another: `image` becomes `<image>`, and may name its file itself
/// (`image`, `path` or `url`). The roles are human or user, gpt or assistant, and system. `category`, `question_type` or
/// `kind`, the first that is a string, is the sample's category.
///
/// Files of any size are scanned once; in memory is the place of each record, eight bytes (sixteen in files over
/// 4 GiB), and a record is parsed when it is asked for. A file that breaks off has one sample more, which throws and
/// says the byte. A record whose turns are wrong (none at all, an unknown role, more or fewer `<image>` than pictures)
/// throws when it is asked for; `validate` lists them all, and the pictures that are not there.
public struct ConversationDataset: Dataset {
  private let list: PictureList

  /// Opens a file: `.json` (an array) or `.jsonl`.
  ///
  /// - Parameter root: the folder that relative paths start at; by default the file's own.
  /// - Throws: `io`, `corrupt` for an empty file.
  /// - Complexity: O(bytes).
  public init(_ file: String, root: String? = nil) throws {
    do {
      guard !["csv", "tsv"].contains(PictureFiles.fileExtension(file)) else {
        throw TesseraError(.unsupported(format: "a CSV file", feature: "a conversation in it"))
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
      let parsed = try ConversationRecord(record.value)
      return Sample(
        name: parsed.id ?? "\(list.path), record \(index + 1)",
        pictures: try parsed.pictures.map { .file(try list.resolve($0)) }, conversation: parsed.turns,
        category: parsed.category)
    }
  }

  public func label(at index: Int) throws -> Int? { nil }

  /// The file's bytes and the size of every picture. Worked out once.
  public func fingerprint() throws -> Fingerprint {
    try list.fingerprint(["conversations"], columns: ConversationRecord.members) { record in
      try ConversationRecord(record.value).pictures
    }
  }
}
