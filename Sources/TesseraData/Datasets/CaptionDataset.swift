internal import TesseraCore

/// Pictures with captions that a list names: JSONL, a JSON array of objects, CSV or TSV.
///
///     let pairs = try CaptionDataset("captions.jsonl", path: "image", text: "caption")
///
/// A record holds a caption (a string) or several (an array of strings, in JSON). The list stays on the disk as with
/// `ImageList`, and a record that cannot be read keeps its place: it is one sample, and throws. A caption whose
/// picture is missing throws when the picture is read, with the file's name; `validate` finds all of them before.
/// `category`, `question_type` or `kind`, the first that is a string, is the sample's category. A JSON array that breaks off has one sample more, which throws and says the byte.
public struct CaptionDataset: Dataset {
  /// Which of a record's captions become samples.
  public enum Captions: String, Sendable, Hashable, Codable, CaseIterable {
    /// Each: a picture with five captions is five samples, one after another.
    case each
    /// The first of each picture.
    case first
  }

  private let list: PictureList
  private let columns: ListColumns
  private let captions: Captions
  /// `starts[r]` is the first sample of record r; nil where every record is one sample.
  private let starts: [Int]?

  private static let textNames = ["text", "caption", "captions", "texts"]

  /// Opens a list.
  ///
  /// - Parameters:
  ///   - path: the member or column of the pictures' paths; by default `path`, `file_name` or `image`.
  ///   - text: that of the captions; by default `text`, `caption`, `captions` or `texts`.
  ///   - root: the folder that relative paths start at; by default the list's own.
  /// - Throws: `io`, `corrupt` for an empty file, `invalidArgument` for a column that is not there.
  /// - Complexity: O(bytes).
  public init(
    _ file: String, path: String? = nil, text: String? = nil, captions: Captions = .each, root: String? = nil
  ) throws {
    columns = ListColumns(path: path, label: nil, text: text, textNames: Self.textNames)
    self.captions = captions
    do {
      list = try PictureList(file, root: root)
      starts = try Self.starts(list, columns, captions)
    } catch let error as TesseraError {
      throw error.with(path: file, stage: .list)
    }
  }

  private static func starts(
    _ list: PictureList, _ columns: ListColumns, _ captions: Captions
  ) throws -> [Int]? {
    if let header = list.table.header {
      try columns.check(header, requiresText: true)
      return nil
    }
    var seen: Set<String> = []
    var starts = [0]
    try list.table.forEachRecord(columns: columns.path.names + columns.text.names) { _, record in
      var samples = 1
      if case .success(let record) = record {
        for name in record.value.names where !seen.contains(name) { seen.insert(name) }
        // A record without captions is one sample, which says so.
        if case .array(let texts)? = columns.text.value(in: record) { samples = max(1, texts.count) }
      }
      starts.append(starts[starts.count - 1] + samples)
    }
    if !seen.isEmpty || !list.columnsOfFirstRecords().isEmpty {
      try columns.check(list.columnsOfFirstRecords() + seen.sorted(), requiresText: true)
    }
    return captions == .first || starts[starts.count - 1] == list.count ? nil : starts
  }

  public var count: Int { starts.map { $0[$0.count - 1] } ?? list.count }

  /// The record that a sample comes from, and which of its captions it is.
  private func locate(_ index: Int) -> (record: Int, caption: Int) {
    precondition(index >= 0 && index < count, "sample \(index) of \(count)")
    guard let starts else { return (index, 0) }
    var (low, high) = (0, starts.count - 2)
    while low < high {
      let middle = (low + high + 1) / 2
      if starts[middle] <= index { low = middle } else { high = middle - 1 }
    }
    return (low, index - starts[low])
  }

  /// - Throws: what is wrong with the record. Whether the picture is there shows when it is read.
  public func sample(at index: Int) throws -> Sample {
    let (number, caption) = locate(index)
    return try list.read(number) { record in
      guard let value = columns.path.value(in: record) else {
        throw PictureList.fault(
          "a caption without a picture: it has no '\(columns.path.names.joined(separator: "' and no '"))'")
      }
      guard case .string(let name) = value else {
        throw PictureList.fault("the path must be a string, got \(value.kind)")
      }
      var sample = Sample(.file(try list.resolve(name)), text: try text(record, caption), name: name)
      sample.category = RecordCategory.find(record.value)
      return sample
    }
  }

  private func text(_ record: Record, _ caption: Int) throws -> String {
    switch columns.text.value(in: record) {
    case .string(let text): return text
    case .array(let texts):
      guard caption < texts.count else {
        throw PictureList.fault("a picture without a caption: the array is empty")
      }
      guard case .string(let text) = texts[caption] else {
        throw PictureList.fault("caption \(caption + 1) must be a string, got \(texts[caption].kind)")
      }
      return text
    case nil:
      throw PictureList.fault(
        "a picture without a caption: it has no '\(columns.text.names.joined(separator: "' and no '"))'")
    case let value?:
      throw PictureList.fault("the caption must be a string or an array of them, got \(value.kind)")
    }
  }

  public func label(at index: Int) throws -> Int? { nil }

  /// The list's bytes, the columns, and the size of every picture. Worked out once.
  public func fingerprint() throws -> Fingerprint {
    let parts = ["captions", captions.rawValue] + columns.path.names + ["text"] + columns.text.names
    return try list.fingerprint(parts, columns: columns.path.names) { record in
      if case .string(let name) = columns.path.value(in: record) { [name] } else { [] }
    }
  }
}
