package import TesseraCore

/// A list of records: the rows of a CSV or TSV file, the lines of a JSONL file, the elements of a JSON array.
///
/// In memory are the places of the records, eight bytes each; a record is read and parsed when it is asked for. A
/// record that cannot be read keeps its index. A file that breaks off has one record more, which is the fault.
package struct RecordTable: Sendable {
  enum Layout: Sendable {
    case delimited(UInt8, header: [String])
    case lines
    case array
  }

  package let file: RecordFile
  let layout: Layout
  /// Why the list ends before its proper end; it stands for the last record.
  package let end: TesseraError?
  private let spans: SpanTable
  /// Records before the first that is data: the header of a CSV file.
  private let skipped: Int
  /// The line on which every 1024th record starts; empty for an array.
  private let lines: [Int]

  /// Finds the records of a file by its extension: `.csv`, `.tsv`, `.jsonl` or `.ndjson`, `.json`.
  ///
  /// A `.json` file whose first character is `{` is read as JSONL, which many are.
  ///
  /// - Throws: `io`, `corrupt` for an empty file or a header that cannot be, `unsupported` for another extension.
  package init(_ path: String) throws {
    do {
      try self.init(RecordFile(path), fileExtension: PictureFiles.fileExtension(path))
    } catch let error as TesseraError {
      throw error.with(path: path, stage: .list)
    }
  }

  package init(_ file: RecordFile, fileExtension: String) throws {
    self.file = file
    switch fileExtension {
    case "csv", "tsv":
      let delimiter = fileExtension == "csv" ? UInt8(ascii: ",") : UInt8(ascii: "\t")
      let scan = try LineScanner(file, delimiter: delimiter)
      (spans, lines, skipped, end) = (scan.spans, scan.lines, 1, nil)
      guard spans.count > 0 else {
        throw TesseraError(.corrupt(format: "the list", detail: "it has no header row"))
      }
      layout = .delimited(delimiter, header: try Self.header(file.read(spans[0]), delimiter))
    case "jsonl", "ndjson", "json":
      if fileExtension == "json", try Self.isArray(file) {
        let outline = try JSONOutline(file)
        (spans, lines, skipped) = (outline.arrays[""] ?? SpanTable(size: 0), [], 0)
        (layout, end) = (.array, outline.fault)
      } else {
        let scan = try LineScanner(file, delimiter: nil)
        (spans, lines, skipped, end) = (scan.spans, scan.lines, 0, nil)
        layout = .lines
      }
    default:
      throw TesseraError(
        .unsupported(format: "a list", feature: "the extension '\(fileExtension)' (csv, tsv, jsonl, json)"))
    }
  }

  private static func isArray(_ file: RecordFile) throws -> Bool {
    var first: UInt8?
    try file.forEachChunk { chunk, _ in
      first = chunk.first { !JSONReader.isSpace($0) && ![0xEF, 0xBB, 0xBF].contains($0) }
      return first == nil
    }
    return first != UInt8(ascii: "{")
  }

  private static func header(_ bytes: [UInt8], _ delimiter: UInt8) throws -> [String] {
    let names = try bytes.withUnsafeBytes { bytes in
      let fields = try CSVFields(bytes, delimiter: delimiter)
      return try (0..<fields.count).map { try fields.text($0) }
    }
    var seen: Set<String> = []
    for name in names where !name.isEmpty && !seen.insert(name).inserted {
      throw TesseraError(.corrupt(format: "the list", detail: "two columns are named '\(name)'"))
    }
    return names
  }

  /// Records, those that cannot be read among them.
  package var count: Int { spans.count - skipped + (end == nil ? 0 : 1) }

  /// The names of the columns that are known without a record: a CSV header's.
  var header: [String]? {
    if case .delimited(_, let header) = layout { header } else { nil }
  }

  /// A record, parsed.
  ///
  /// - Throws: what is wrong with the record, with the list's path and its line or place in the list.
  package func record(at index: Int) throws -> Record {
    do {
      if let end, index == count - 1 { throw end }
      let span = spans[skipped + index]
      let bytes = try file.read(span)
      return try bytes.withUnsafeBytes { try parse($0, at: span.lowerBound, columns: nil) }
    } catch let error as TesseraError {
      throw locate(error, at: index)
    }
  }

  /// Reads all records in order, many at a time, and of each no more than some columns.
  ///
  /// - Parameter columns: the names that are looked for; what other members hold is not checked.
  func forEachRecord(
    columns: [String], _ body: (_ index: Int, _ record: Result<Record, TesseraError>) throws -> Void
  ) throws {
    try file.forEachSpan(spans, from: skipped) { number, bytes, base in
      let record: Result<Record, TesseraError>
      do {
        record = .success(try parse(bytes, at: base, columns: columns))
      } catch let error as TesseraError {
        record = .failure(error)
      }
      try body(number - skipped, record)
    }
    if let end { try body(count - 1, .failure(end)) }
  }

  private func parse(_ bytes: UnsafeRawBufferPointer, at base: Int, columns: [String]?) throws -> Record {
    switch layout {
    case .delimited(let delimiter, let header):
      let fields = try CSVFields(bytes, delimiter: delimiter)
      guard fields.count == header.count else {
        throw TesseraError(
          .corrupt(
            format: "CSV", detail: "the row has \(fields.count) fields, the header \(header.count)"))
      }
      var members: [(name: String, value: JSONValue)] = []
      for (field, name) in header.enumerated() where columns?.contains(name) ?? true {
        members.append((name, .string(try fields.text(field))))
      }
      return Record(value: .object(members), isText: true)
    case .lines, .array:
      guard let columns else {
        var reader = JSONReader(bytes, base: base)
        return Record(value: try Self.object(reader.document()), isText: false)
      }
      var members: [(name: String, value: JSONValue)] = []
      try JSONReader.forEachMember(of: bytes, base: base) { name, value, base in
        if columns.contains(name) {
          var reader = JSONReader(value, base: base)
          members.append((name, try reader.document()))
        }
      }
      return Record(value: .object(members), isText: false)
    }
  }

  private static func object(_ value: JSONValue) throws -> JSONValue {
    guard case .object = value else {
      throw TesseraError(.corrupt(format: "JSON", detail: "expected an object, found \(value.kind)"))
    }
    return value
  }
}

/// One record: names and values.
package struct Record {
  package var value: JSONValue
  /// Whether all values are text that may mean a number (CSV).
  var isText: Bool

  /// The value of a column; nil where there is none, or nothing in it.
  subscript(name: String) -> JSONValue? {
    guard let found = value[name], !found.isNull else { return nil }
    if isText, case .string("") = found { return nil }
    return found
  }
}

extension RecordTable {
  /// The names of columns that the first records have, in the order in which they come.
  package func columnsOfFirstRecords() -> [String] {
    var names: [String] = []
    var seen: Set<String> = []
    for index in 0..<min(count, 20) {
      // Records that cannot be read have no columns to suggest.
      guard let record = try? record(at: index) else { continue }
      for name in record.value.names where seen.insert(name).inserted { names.append(name) }
    }
    return names
  }

  /// What errors call a record: its line, or its number in the array.
  package func place(of index: Int) -> String {
    guard let line = line(of: index) else { return "element \(index + 1)" }
    return "line \(line)"
  }

  /// The line (from 1) on which a record starts; nil in an array.
  private func line(of index: Int) -> Int? {
    let record = skipped + index
    guard record < spans.count, record / LineScanner.blockSize < lines.count else { return nil }
    let block = record / LineScanner.blockSize
    let start = spans[block * LineScanner.blockSize].lowerBound
    let end = spans[record].lowerBound
    // Where the file can no longer be read, that is the error which is on its way.
    guard let bytes = try? file.read(start..<end) else { return nil }
    return lines[block] + bytes.count { $0 == UInt8(ascii: "\n") }
  }

  /// Adds list and line to the error of a record.
  package func locate(_ error: TesseraError, at index: Int) -> TesseraError {
    // The end of the whole list says its own place.
    if error.path != nil || (end != nil && index == count - 1) {
      return error.with(path: file.path, stage: .list)
    }
    return error.prefixed(place(of: index)).with(path: file.path, stage: .list)
  }
}

extension TesseraError {
  /// The error with the place in a file before what it says.
  func prefixed(_ place: String) -> TesseraError {
    var error = self
    switch reason {
    case .corrupt(let format, let detail):
      error.reason = .corrupt(format: "\(place): \(format)", detail: detail)
    case .truncated(let format, let expected, let got, let unit):
      error.reason = .truncated(format: "\(place): \(format)", expected: expected, got: got, unit: unit)
    case .invalidInput(let operation, let expected, let got):
      error.reason = .invalidInput(operation: "\(place): \(operation)", expected: expected, got: got)
    case .invalidArgument(let name, let expected, let got):
      error.reason = .invalidArgument(name: "\(place): \(name)", expected: expected, got: got)
    case .limitExceeded(let what, let limit, let found):
      error.reason = .limitExceeded(what: "\(place): \(what)", limit: limit, found: found)
    case .unsupported, .unknownFormat, .invalidPipeline, .invalidSettings, .io, .remote, .outOfMemory: break
    }
    return error
  }
}
