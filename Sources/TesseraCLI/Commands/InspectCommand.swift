import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal

/// `tessera inspect`: what picture files say of themselves.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show type, mode, size and orientation of pictures, without decoding them.")

  @ArgumentParser.Argument(help: ArgumentHelp("Pictures, folders, or list files.", valueName: "path"))
  var paths: [String]

  @Flag(help: "As a JSON array.")
  var json = false

  @Flag(inversion: .prefixedNo, help: "Look into the folders inside folders.")
  var recursive = true

  @OptionGroup(title: "Shards on servers") var remote: RemoteArguments

  func run() throws {
    var rows: [(path: String, result: Result<ImageHeader, TesseraError>)] = []
    for path in paths { rows += try inspect(path) }
    if json { printJSON(rows) } else { printTable(rows) }
    let failures = rows.compactMap { row -> TesseraError? in
      if case .failure(let error) = row.result { error } else { nil }
    }
    if !json { for error in failures { Talk.say("tessera: \(error)") } }
    if !failures.isEmpty { throw ExitCode.failure }
  }

  private func inspect(_ source: String) throws -> [(String, Result<ImageHeader, TesseraError>)] {
    let list: PictureFiles
    do { list = try PictureFiles(source: source, remote: try remote.store()) } catch let error as TesseraError
    {
      return [(RemoteName.shown(source), .failure(error))]
    }
    let isFolder = FileIO.isFolder(source)
    if isFolder && list.count == 0 { Talk.say("tessera: no pictures in \(source)") }
    return list.files.filter { recursive || !isFolder || !$0.name.contains("/") }.map { file in
      (file.bytes == nil && file.fault == nil ? file.path : file.name, header(of: file))
    }
  }

  private func header(of file: PictureFile) -> Result<ImageHeader, TesseraError> {
    do { return .success(try file.header()) } catch {
      return .failure(
        (error as? TesseraError
          ?? TesseraError(.io(operation: "read", code: 0, message: "\(error)"))).with(path: file.name))
    }
  }

  private func printTable(_ rows: [(path: String, result: Result<ImageHeader, TesseraError>)]) {
    let table = rows.compactMap { row -> [String]? in
      guard case .success(let header) = row.result else { return nil }
      return [
        row.path, header.format.name, header.mode, "\(header.size)", "\(header.bitsPerSample)",
        "\(header.orientation.rawValue)", Self.remarks(header).joined(separator: ", "),
      ]
    }
    if table.isEmpty { return }
    let head = ["path", "format", "mode", "size", "bits", "orientation", "remarks"]
    for line in TextTable.lines([head] + table) { print(line) }
    print("\(Words.count(table.count, "picture"))")
  }

  private static func remarks(_ header: ImageHeader) -> [String] {
    var words: [String] = []
    if header.isProgressive { words.append("progressive") }
    if header.isInterlaced { words.append("interlaced") }
    if let subsampling = header.subsampling { words.append(subsampling) }
    if header.hasAlpha { words.append("alpha") }
    if header.hasICCProfile { words.append("ICC") }
    if header.isAnimated { words.append("animated") }
    if let resolution = header.resolution { words.append("\(resolution)") }
    return words
  }

  private func printJSON(_ rows: [(path: String, result: Result<ImageHeader, TesseraError>)]) {
    print("[")
    for (index, row) in rows.enumerated() {
      print("  " + Self.json(row.path, row.result).text + (index < rows.count - 1 ? "," : ""))
    }
    print("]")
  }

  private static func json(_ path: String, _ result: Result<ImageHeader, TesseraError>) -> JSONText {
    switch result {
    case .failure(let error):
      return .object([
        ("path", .string(path)),
        (
          "error",
          .object([
            ("stage", JSONText(error.stage?.rawValue)), ("reason", .string(error.reason.description)),
          ])
        ),
      ])
    case .success(let header):
      return .object([
        ("path", .string(path)), ("format", .string(header.format.rawValue)), ("mode", .string(header.mode)),
        ("width", .int(header.width)), ("height", .int(header.height)),
        ("bits_per_sample", .int(header.bitsPerSample)), ("channels", .int(header.channels)),
        ("orientation", .int(header.orientation.rawValue)), ("progressive", .bool(header.isProgressive)),
        ("interlaced", .bool(header.isInterlaced)), ("alpha", .bool(header.hasAlpha)),
        ("icc", .bool(header.hasICCProfile)), ("animated", .bool(header.isAnimated)),
        ("subsampling", JSONText(header.subsampling)), ("resolution", header.resolution.map(json) ?? .null),
      ])
    }
  }

  private static func json(_ resolution: Resolution) -> JSONText {
    .object([
      ("x", .double(resolution.x)), ("y", .double(resolution.y)), ("unit", .string(resolution.unit.rawValue)),
    ])
  }
}
