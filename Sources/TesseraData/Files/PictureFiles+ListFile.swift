private import Foundation
internal import TesseraCore

extension PictureFiles {
  /// Reads a list of pictures: a path a line, or JSONL with `path` and perhaps `label`.
  ///
  /// Relative paths start at the list's own folder. Empty lines and lines that start with `#` are skipped.
  /// A label is a whole number, or a name; names are numbered in the order of their Unicode scalars.
  static func listFile(_ source: String) throws -> PictureFiles {
    let bytes = try FileIO.read(source)
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw TesseraError(.corrupt(format: "the list", detail: "it is not UTF-8"))
    }
    let folder = source.lastIndex(of: "/").map { String(source[...$0]) } ?? ""
    let isJSON = fileExtension(source) == "jsonl"
    var lines: [ListLine] = []
    // "\r\n" is one character of Swift's, and a line's end too.
    let ends: Set<Character> = ["\n", "\r\n"]
    for (number, line) in text.split(omittingEmptySubsequences: false, whereSeparator: ends.contains)
      .enumerated()
    {
      if line.isEmpty || line.hasPrefix("#") { continue }
      lines.append(isJSON ? try ListLine(json: line, number: number + 1) : ListLine(path: String(line)))
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
        label: line.labelNumber ?? line.labelName.flatMap { index[$0] })
    }
    return PictureFiles(files: files, classes: classes)
  }
}

/// One line of a list file.
private struct ListLine {
  var path: String
  var labelName: String?
  var labelNumber: Int?

  init(path: String) { self.path = path }

  init(json line: Substring, number: Int) throws {
    func fault(_ detail: String) -> TesseraError {
      TesseraError(.corrupt(format: "the list", detail: "line \(number): \(detail)"))
    }
    let line = try? JSONDecoder().decode(Fields.self, from: Data(line.utf8))
    guard let fields = line else {
      throw fault("expected an object like {\"path\": \"a.jpg\", \"label\": \"cat\"}")
    }
    path = fields.path
    switch fields.label {
    case .name(let name): labelName = name
    case .number(let number) where number >= 0: labelNumber = number
    case .number(let number): throw fault("a label must be at least 0, got \(number)")
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
