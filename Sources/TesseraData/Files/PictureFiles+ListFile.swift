private import Foundation
internal import TesseraCore

extension PictureFiles {
  /// Reads a list of pictures: a path a line, or JSONL with `path` and perhaps `label`.
  ///
  /// Relative paths start at the list's own folder. Empty lines and lines that start with `#` are skipped.
  /// A label is a whole number, or a name; names are numbered in the order of their Unicode scalars. A line that
  /// cannot be read keeps its place and is that sample's failure. What `tessera list` wrote is read too.
  static func listFile(_ source: String) throws -> PictureFiles {
    let bytes = try FileIO.read(source)
    if bytes.starts(with: Array("{".utf8)),
      bytes.prefix(1 << 16).firstRange(of: Array("\"tessera_list\":".utf8)) != nil
    {
      return PictureFiles(try ImageFolder(list: source))
    }
    let folder = source.lastIndex(of: "/").map { String(source[...$0]) } ?? ""
    let isJSON = fileExtension(source) == "jsonl"
    var lines: [ListLine] = []
    for (number, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      .enumerated()
    {
      let line = line.last == UInt8(ascii: "\r") ? line.dropLast() : line
      if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
      lines.append(ListLine(line, isJSON: isJSON, number: number + 1))
    }
    return try numbered(lines, folder: folder)
  }

  private static func numbered(_ lines: [ListLine], folder: String) throws -> PictureFiles {
    let names = Set(lines.compactMap(\.labelName))
    guard names.isEmpty || !lines.contains(where: { $0.labelNumber != nil }) else {
      throw TesseraError(
        .corrupt(format: "the list", detail: "some labels are names and some are numbers; use one kind"))
    }
    let classes = names.sorted { $0.unicodeScalars.lexicographicallyPrecedes($1.unicodeScalars) }
    let index = Dictionary(uniqueKeysWithValues: classes.enumerated().map { ($1, $0) })
    let files = lines.map { line in
      PictureFile(
        name: line.path, path: line.path.hasPrefix("/") ? line.path : folder + line.path,
        label: line.labelNumber ?? line.labelName.flatMap { index[$0] }, fault: line.fault)
    }
    return PictureFiles(files: files, classes: classes)
  }
}

/// One line of a list file.
private struct ListLine {
  var path: String
  var labelName: String?
  var labelNumber: Int?

  /// Why the line cannot be used.
  var fault: TesseraError?

  init(_ line: ArraySlice<UInt8>, isJSON: Bool, number: Int) {
    path = "line \(number)"
    func broken(_ detail: String) -> TesseraError {
      TesseraError(.corrupt(format: "the list", detail: "line \(number): \(detail)"), stage: .list)
    }
    guard let text = String(validating: line, as: UTF8.self) else {
      fault = broken("it is not UTF-8")
      return
    }
    guard isJSON else {
      path = text
      return
    }
    guard let fields = try? JSONDecoder().decode(Fields.self, from: Data(line)) else {
      fault = broken("expected an object like {\"path\": \"a.jpg\", \"label\": \"cat\"}")
      return
    }
    path = fields.path
    switch fields.label {
    case .name(let name): labelName = name
    case .number(let number) where number >= 0: labelNumber = number
    case .number(let number): fault = broken("a label must be at least 0, got \(number)")
    case nil: break
    }
  }

  private struct Fields: Decodable {
    var path: String
    var label: Label?
  }

  private enum Label: Decodable {
    case name(String)
    case number(Int)

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if let number = try? container.decode(Int.self) {
        self = .number(number)
      } else {
        self = .name(try container.decode(String.self))
      }
    }
  }
}
