import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal

/// `tessera split`: a folder or a list into lists for training, validation and test.
struct SplitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "split",
    abstract: "Divide a folder or a list into list files by chance, the same every time.",
    discussion: """
      Writes one list a part (train.jsonl, val.jsonl, test.jsonl) with a line for each picture: its path and its \
      label. `preprocess`, `pack` and every command that takes a list read them. No picture is copied or opened.
      """)

  @ArgumentParser.Argument(
    help: ArgumentHelp("A folder of any depth, or a list (.txt, .jsonl).", valueName: "src"))
  var source: String

  @ArgumentParser.Argument(help: ArgumentHelp("The folder to write the lists to.", valueName: "dst"))
  var destination: String

  @Option(
    help: ArgumentHelp("Each part's share, 1 in all or less: 0.8,0.1,0.1.", valueName: "numbers"))
  var fractions: String

  @Option(
    help: ArgumentHelp(
      "The parts' names (default: train,val,test as far as there are parts).", valueName: "names"))
  var names: String?

  @Option(help: ArgumentHelp("What chance starts from; equal seeds give equal parts.", valueName: "n"))
  var seed: UInt64 = 0

  @Flag(help: "Each part has each class's share.")
  var stratified = false

  @Flag(help: "Replace lists that are there.")
  var force = false

  mutating func validate() throws {
    if PackSource.isTar(source) {
      throw ValidationError("lists name files: divide a folder before it is packed, or unpack the tars")
    }
    _ = try resolved()
  }

  private func resolved() throws -> (fractions: [Double], names: [String]) {
    let words = fractions.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = words.compactMap { Double($0) }
    guard numbers.count == words.count, !numbers.isEmpty else {
      throw ValidationError("--fractions must be numbers between commas (0.8,0.1,0.1), got '\(fractions)'")
    }
    let standard = ["train", "val", "test"]
    if names == nil && numbers.count > standard.count {
      throw ValidationError("\(numbers.count) parts need names: --names a,b,c,d")
    }
    let parts =
      names.map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) }
      ?? Array(standard.prefix(numbers.count))
    guard parts.count == numbers.count, Set(parts).count == parts.count,
      parts.allSatisfy({ !$0.isEmpty && !$0.contains("/") && !$0.hasPrefix(".") })
    else {
      throw ValidationError(
        "--names must be \(numbers.count) different names between commas, got '\(parts.joined(separator: ","))'"
      )
    }
    return (numbers, parts)
  }

  func run() throws {
    let (fractions, names) = try resolved()
    do { try write(fractions, names) } catch let error as TesseraError {
      throw PreprocessCommand.fault(error, list: nil)
    }
  }

  private func write(_ fractions: [Double], _ names: [String]) throws {
    let list = try PictureFiles(source: source)
    // Which picture is in which part hangs on how many there are.
    if let fault = list.unlisted { throw fault }
    guard list.count > 0 else {
      throw TesseraError(.invalidInput(operation: "split", expected: "pictures", got: "none"), path: source)
    }
    let parts = try DatasetSplit.splitIndices(
      count: list.count, labels: stratified ? list.files.map(\.label) : nil, fractions: fractions, seed: seed)
    try FileIO.makeFolder(destination)
    let paths = names.map { "\(destination)/\($0).jsonl" }
    if !force, let there = try paths.first(where: { try FileIO.exists($0) }) {
      throw TesseraError(
        .invalidArgument(
          name: "the destination", expected: "one without these lists (--force replaces them)",
          got: "one with them"), path: there)
    }
    for (path, part) in zip(paths, parts) {
      let lines = part.filter { list[$0].fault == nil }.map { Self.line(list, $0) }
      try AtomicFile.write(Array(lines.joined().utf8), to: path)
      print("\(path.visible): \(Words.count(lines.count, "picture"))")
    }
    let faults = list.files.compactMap { file in file.fault?.with(path: file.name) }
    for fault in faults { Talk.say("tessera: \(fault)") }
    if !faults.isEmpty { throw ExitCode.failure }
  }

  /// A list's line. The path is absolute, so that the list may lie anywhere.
  private static func line(_ list: PictureFiles, _ index: Int) -> String {
    let file = list[index]
    let path =
      file.path.hasPrefix("/") ? file.path : FileManager.default.currentDirectoryPath + "/" + file.path
    var pairs: [(key: String, value: JSONText)] = [("path", .string(path))]
    if let label = file.label {
      pairs.append(
        ("label", list.classes.isEmpty ? .int(label) : JSONText(list.className(of: file))))
    }
    return JSONText.object(pairs).text + "\n"
  }
}
