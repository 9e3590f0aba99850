internal import TesseraCore

/// Pictures that a list names, with their classes and texts: a CSV, TSV or JSONL file, or a JSON array of objects.
///
///     let train = try ImageList("train.csv", path: "image", label: "class")
///
/// The list stays on the disk; in memory are the place of each row and its label, twelve bytes a row (twenty for
/// lists over 4 GiB). A row is parsed when it is asked for. One that cannot be read keeps its index and throws when
/// it is asked for; `validate` lists them all.
///
/// **CSV** is that of RFC 4180: a header row, fields in quotes where they need them. A quote that is never closed
/// costs its own line only. **JSONL** has an object a line. Both are UTF-8; a byte order mark is skipped.
public struct ImageList: Dataset {
  private let list: PictureList
  private let columns: ListColumns
  private let table: LabelTable

  /// Opens a list.
  ///
  /// - Parameters:
  ///   - file: `.csv`, `.tsv` (fields separated by tabs), `.jsonl`, `.ndjson` or `.json`.
  ///   - path: the column of the pictures' paths; by default `path`, `file_name` or `image`, the first there is.
  ///   - label: the column of the classes; by default `label` or `class`, if there is one. A class is a name or a
  ///     whole number. Names are numbered in the order of their Unicode scalars.
  ///   - text: the column of the texts; by default `text` or `caption`, if there is one.
  ///   - root: the folder that relative paths start at; by default the list's own.
  ///   - classes: the classes in the order of their labels. Rows of any other class throw.
  /// - Throws: `io`, `corrupt` (an empty file, a header with a name twice, labels of both kinds),
  ///   `invalidArgument` for a column that is not there, with the nearest that is.
  /// - Complexity: O(bytes), about a second for a million rows.
  public init(
    _ file: String, path: String? = nil, label: String? = nil, text: String? = nil, root: String? = nil,
    classes: [String]? = nil
  ) throws {
    columns = ListColumns(path: path, label: label, text: text)
    do {
      list = try PictureList(file, root: root)
      table = try Self.labels(list, columns, classes)
    } catch let error as TesseraError {
      throw error.with(path: file, stage: .list)
    }
  }

  private static func labels(
    _ list: PictureList, _ columns: ListColumns, _ classes: [String]?
  ) throws -> LabelTable {
    if let header = list.table.header { try columns.check(header) }
    var table = try LabelTable(classes: classes)
    var seen: Set<String> = []
    var names = columns.path.names + columns.label.names
    if columns.text.isNamed { names += columns.text.names }
    var isAnyGood = false
    try list.table.forEachRecord(columns: names) { _, record in
      table.append(record, columns.label)
      guard case .success(let record) = record else { return }
      isAnyGood = true
      for name in record.value.names where !seen.contains(name) { seen.insert(name) }
    }
    if list.table.header == nil && isAnyGood {
      try columns.check(list.columnsOfFirstRecords() + seen.sorted())
    }
    try table.finish()
    return table
  }

  public var count: Int { list.count }
  public var classes: [String] { table.classes }

  /// - Throws: what is wrong with the row: it cannot be read, has no path, or a label that is none. Whether the
  ///   picture is there shows when it is read.
  public func sample(at index: Int) throws -> Sample {
    try list.read(index) { record in
      guard let value = columns.path.value(in: record) else {
        throw PictureList.fault("it has no '\(columns.path.names.joined(separator: "' and no '"))'")
      }
      guard case .string(let name) = value else {
        throw PictureList.fault("the path must be a string, got \(value.kind)")
      }
      var sample = Sample(.file(try list.resolve(name)), name: name)
      sample.label = try table.label(at: index, columns.label.value(in: record))
      switch columns.text.value(in: record) {
      case nil: break
      case .string(let text): sample.text = text
      case let value?: throw PictureList.fault("the text must be a string, got \(value.kind)")
      }
      return sample
    }
  }

  /// The label alone: no row is parsed.
  public func label(at index: Int) throws -> Int? {
    let label = table.labels[index]
    return label == LabelTable.fault ? try sample(at: index).label : label < 0 ? nil : Int(label)
  }

  /// The list's bytes, the columns and classes, and the size of every picture. Worked out once.
  ///
  /// - Complexity: O(bytes of the list), and a look at every picture's size.
  public func fingerprint() throws -> Fingerprint {
    let parts =
      ["list"] + columns.path.names + ["label"] + columns.label.names + ["text"] + columns.text.names
      + ["classes"] + classes
    return try list.fingerprint(parts, columns: columns.path.names) { record in
      if case .string(let name) = columns.path.value(in: record) { [name] } else { [] }
    }
  }
}

extension PictureList {
  /// The names of columns that the first records have, in the order in which they come.
  func columnsOfFirstRecords() -> [String] { table.columnsOfFirstRecords() }
}
