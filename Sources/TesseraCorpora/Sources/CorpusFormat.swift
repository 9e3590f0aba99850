internal import TesseraCore
internal import TesseraData

/// In what form a training data set lies on the disk.
public enum CorpusFormat: String, Sendable, Hashable, Codable, CaseIterable {
  /// LLaVA's JSON or JSONL: records with `conversations`.
  case llava
  /// Hugging Face's: records with `messages`.
  case messages
  /// Prompts with better and worse answers: TRL's and ms-swift's records (`PreferenceDataset`).
  case preferences
  /// Pictures with captions: JSONL, JSON, CSV or TSV.
  case captions
  /// Text alone: a `.txt`, a folder of those, or records with `text`.
  case text
  /// WebDataset tars.
  case webdataset

  /// The extensions of files whose records say what they are.
  static let recordExtensions = ["jsonl", "ndjson", "json"]

  /// What a path holds, by its extension, and, where several kinds have that, by its first records.
  ///
  /// - Throws: `io`; `corrupt` for an empty file; `unsupported` for another extension; `invalidArgument` for a folder
  ///   without tars and texts, or records that are none of the kinds.
  public static func detect(_ path: String) throws -> CorpusFormat {
    do {
      if PackSource.isTar(path) { return .webdataset }
      if FileIO.isFolder(path) { return try detectFolder(path) }
      switch PictureFiles.fileExtension(path) {
      case "txt": return .text
      case "csv", "tsv": return .captions
      case let name where recordExtensions.contains(name):
        return try detect(columns: columns(path, fileExtension: name))
      case let name:
        throw TesseraError(
          .unsupported(
            format: "a data set",
            feature: "the extension '\(name)' (json, jsonl, csv, tsv, txt, tar, or a folder of txt or tar)"))
      }
    } catch let error as TesseraError { throw error.with(path: path, stage: .list) }
  }

  private static func detectFolder(_ path: String) throws -> CorpusFormat {
    let files = try FolderFiles(path, extensions: ["tar", "txt"])
    let hasTars = files.paths.contains { $0.hasSuffix(".tar") }
    let hasTexts = files.paths.contains { !$0.hasSuffix(".tar") }
    guard hasTars != hasTexts else {
      throw TesseraError(
        .invalidArgument(
          name: "a folder", expected: "one of .tar or of .txt files (a list of records is named itself)",
          got: hasTars ? "one of both" : "one with neither"))
    }
    return hasTars ? .webdataset : .text
  }

  /// What the first records of a file hold. Of a long file only the beginning is looked at: to find all its records
  /// takes its time, and is done when it is opened.
  private static func columns(_ path: String, fileExtension: String) throws -> [String] {
    let beginning = 4 << 20
    if let size = FileIO.size(path), size > beginning {
      let file = try RecordFile(bytes: try FileIO.read(path, range: 0..<beginning), name: path)
      let columns = try RecordTable(file, fileExtension: fileExtension).columnsOfFirstRecords()
      if !columns.isEmpty { return columns }
    }
    return try RecordTable(path).columnsOfFirstRecords()
  }

  private static func detect(columns: [String]) throws -> CorpusFormat {
    // 'chosen' alone is a preference too, of which something is missing: that is told with its line.
    let worse = ["chosen", "rejected", "rejected_response", "rejected_messages", "ranked"]
    if worse.contains(where: columns.contains) { return .preferences }
    if columns.contains("conversations") { return .llava }
    if columns.contains("messages") { return .messages }
    let pictures = ["path", "file_name", "image"].contains { columns.contains($0) }
    let texts = ["text", "caption", "captions", "texts"].contains { columns.contains($0) }
    if pictures { return .captions }
    if columns.contains("text") { return .text }
    guard !texts else { return .captions }
    let shown = columns.prefix(20).map { "'\($0)'" }.joined(separator: ", ")
    throw TesseraError(
      .invalidArgument(
        name: "the records",
        expected: "'conversations', 'messages', 'rejected', 'text', or a picture and a caption",
        got: columns.isEmpty ? "no record that can be read (an empty list?)" : shown))
  }
}
