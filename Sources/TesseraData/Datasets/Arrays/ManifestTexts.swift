internal import TesseraCore

/// The captions and conversations that stand in the manifest of a folder of arrays: line *i* belongs to row *i*.
struct ManifestTexts: Sendable {
  private let table: RecordTable

  /// Opens `manifest.jsonl` of a folder; nil where there is none, or none with texts.
  ///
  /// - Parameter rows: how many rows the arrays have.
  /// - Throws: `corrupt` if the manifest is not of these arrays.
  init?(folder: String, rows: Int) throws {
    let path = (folder.hasSuffix("/") ? folder : folder + "/") + PartNames(.whole).manifest
    guard let size = try FileIO.sizeIfThere(path), size > 0 else { return nil }
    table = try RecordTable(path)
    guard try Self.hasTexts(table) else { return nil }
    guard table.count == rows else {
      throw TesseraError(
        .corrupt(
          format: "the manifest", detail: "it has \(table.count) lines, the arrays have \(rows) rows"),
        path: path, stage: .list)
    }
  }

  private static func hasTexts(_ table: RecordTable) throws -> Bool {
    var found = false
    try table.forEachRecord(columns: ["text", "messages"]) { _, record in
      if case .success(let record) = record, !record.value.names.isEmpty { found = true }
    }
    return found
  }

  /// Gives a sample its texts.
  ///
  /// - Parameters:
  ///   - file: the name of the file of arrays, and `row` the row in it: the line must say the same.
  /// - Throws: `corrupt` for a line of another row.
  func add(to sample: inout Sample, at index: Int, file: String, row: Int) throws {
    let record = try table.record(at: index).value
    guard case .string(file)? = record["shard"], case .int(row)? = record["index"] else {
      throw table.locate(
        TesseraError(
          .corrupt(format: "the manifest", detail: "the line is not that of row \(row) of \(file)")),
        at: index)
    }
    if case .string(let text)? = record["text"] { sample.text = text }
    var pictures: [String] = []
    sample.conversation = try ConversationRecord.turns(of: record, &pictures) ?? []
    sample.category = RecordCategory.find(record)
  }

  /// Adds the manifest's bytes.
  func update(_ digest: inout Digest) throws { try table.file.update(&digest) }
}
