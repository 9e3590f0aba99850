internal import TesseraCore
public import TesseraData
internal import TesseraText

/// Text for language pretraining: a `.txt`, a folder of them, or records with a `text` (JSONL, JSON, CSV).
///
///     let books = try TextCorpus("books")                              // a file is a document
///     let lines = try TextCorpus("sentences.txt", split: .lines)
///     let web = try TextCorpus("c4.jsonl")
///
/// A document's text is as it stands in the file, without a byte order mark and, where files are split, without the
/// line's end behind it. Files of any size are scanned once; in memory is the place of each document, eight bytes
/// (sixteen in files over 4 GiB), and no file stays open. A document that is not UTF-8, or has nothing but white
/// space, keeps its place and throws when it is asked for.
public struct TextCorpus: Dataset {
  /// A document larger than this is no sample: split the file.
  public static let documentLimit = 1 << 30

  private enum Store: Sendable {
    case files(TextFiles)
    case records(RecordTable)
  }

  private let store: Store
  private let memo = Memo<Fingerprint>()

  /// Opens a file or a folder.
  ///
  /// - Parameter split: what a document of a `.txt` is; records are documents already.
  /// - Throws: `io`; `corrupt` for an empty list of records; `invalidArgument` for a folder without a `.txt`, a split of
  ///   records, records without `text`.
  /// - Complexity: O(bytes) where files are split or hold records, else O(files).
  public init(_ path: String, split: TextSplit = .file) throws {
    do {
      if FileIO.isFolder(path) {
        let files = try FolderFiles(path, extensions: ["txt"])
        guard !files.paths.isEmpty || !files.faults.isEmpty else {
          throw TesseraError(
            .invalidArgument(name: "the folder", expected: "one with .txt files", got: "none in it"))
        }
        store = .files(try TextFiles(files.paths, faults: files.faults, split: split))
      } else if PictureFiles.fileExtension(path) == "txt" {
        store = .files(try TextFiles([path], faults: [], split: split))
      } else {
        store = .records(try Self.records(path, split))
      }
    } catch let error as TesseraError { throw error.with(path: path, stage: .list) }
  }

  private static func records(_ path: String, _ split: TextSplit) throws -> RecordTable {
    guard split == .file else {
      throw TesseraError(
        .invalidArgument(name: "split", expected: "file: records are documents", got: split.rawValue))
    }
    let table = try RecordTable(path)
    let columns = table.columnsOfFirstRecords()
    guard columns.isEmpty || columns.contains("text") else {
      throw TesseraError(
        .invalidArgument(
          name: "the records", expected: "'text' in them",
          got: columns.prefix(20).map { "'\($0)'" }.joined(separator: ", ")))
    }
    return table
  }

  public var count: Int {
    switch store {
    case .files(let files): files.count
    case .records(let table): table.count
    }
  }

  /// - Throws: what is wrong with the document. Traps outside of 0..<count.
  public func sample(at index: Int) throws -> Sample {
    precondition(index >= 0 && index < count, "sample \(index) of \(count)")
    switch store {
    case .files(let files):
      let document = try files.document(index)
      do {
        return Sample(name: document.name, text: try Self.text(document.bytes))
      } catch let error as TesseraError { throw error.with(path: document.name, stage: .read) }
    case .records(let table):
      let record = try table.record(at: index)
      do {
        var sample = Sample(
          name: "\(table.file.path), \(table.place(of: index))", text: try Self.text(of: record.value))
        sample.category = RecordCategory.find(record.value)
        return sample
      } catch let error as TesseraError { throw table.locate(error, at: index) }
    }
  }

  public func label(at index: Int) throws -> Int? { nil }

  private static func text(_ bytes: [UInt8]) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      let place = bytes.withUnsafeBufferPointer { UTF8Scan.firstInvalid($0) } ?? 0
      throw fault("the byte at \(place) of it begins no character of UTF-8")
    }
    return try checked(text)
  }

  private static func text(of record: JSONValue) throws -> String {
    guard let value = record["text"] else { throw fault("it has no 'text'") }
    guard case .string(let text) = value else {
      throw fault("the 'text' must be a string, got \(value.kind)")
    }
    return try checked(text)
  }

  private static func checked(_ text: String) throws -> String {
    guard text.unicodeScalars.contains(where: { !WhiteSpace.holds($0) }) else {
      throw fault(text.isEmpty ? "it is empty" : "it has nothing but white space")
    }
    return text
  }

  private static func fault(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "the document", detail: detail))
  }

  /// The names and bytes of all files, and how they are split. Worked out once.
  public func fingerprint() throws -> Fingerprint {
    try memo.value {
      var digest = Digest()
      digest.update("text")
      switch store {
      case .files(let files): try files.update(&digest)
      case .records(let table): try table.file.update(&digest)
      }
      return Fingerprint(digest)
    }
  }
}
