import ArgumentParser
import Tessera
import TesseraTerminal
import TesseraVLM

/// `tessera-vlm convert`: a directory of any layout, of a whole model or a decoder, in transformers 4.57's.
struct ConvertCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a directory of a LLaVA or a decoder in the layout that transformers 4.57 and 5 read.",
    discussion: """
      Reads every layout that `inspect` knows and writes config, weights and all files beside them. Without --dtype \
      each tensor keeps its type and its bytes. The new directory is filled aside and renamed when it is whole.
      """)

  @ArgumentParser.Argument(help: ArgumentHelp("The directory to read.", valueName: "dir"))
  var source: String

  @ArgumentParser.Argument(help: ArgumentHelp("The directory to write.", valueName: "out"))
  var destination: String

  @Option(help: "Store all weights as float32, float16 or bfloat16 (default: each as it is).")
  var dtype: WeightType?

  @Option(help: ArgumentHelp("The largest file of weights.", valueName: "size"))
  var shardSize = ByteCount(bytes: 5_000_000_000)

  @Flag(help: "Replace a model directory that has the name.")
  var replace = false

  @Flag(help: "The summary as JSON.")
  var json = false

  func run() throws {
    let checkpoint = try Checkpoint(source)
    for note in checkpoint.notes { Talk.say("note: \(note.visible)") }
    for line in InspectReport.ignoredLines(checkpoint) { Talk.say(line) }
    var writer = CheckpointWriter()
    writer.shardLimit = shardSize.bytes
    writer.replacesExisting = replace
    try writer.write(checkpoint, to: destination, dataType: dtype?.dataType)
    let written = try Checkpoint(destination)
    let rows = [
      ["layout", checkpoint.layout.rawValue, written.layout.rawValue],
      ["types", InspectReport.typeWords(checkpoint), InspectReport.typeWords(written)],
      ["weights", InspectReport.fileWords(checkpoint), InspectReport.fileWords(written)],
      ["parameters", "\(InspectReport.count(checkpoint))", "\(InspectReport.count(written))"],
    ]
    if json {
      let pairs = rows.map { row in
        (
          key: row[0],
          value: JSONText.object([("from", .string(row[1])), ("to", .string(row[2]))])
        )
      }
      print(JSONText.object([("destination", .string(destination))] + pairs).text)
      return
    }
    print("\(source.visible) → \(destination.visible)")
    for line in TextTable.lines(rows.map { [$0[0], $0[1] == $0[2] ? "\($0[1])" : "\($0[1]) → \($0[2])"] }) {
      print("  " + line)
    }
    let kept = dtype == nil ? "every tensor's bytes as they were" : "converted to \(dtype?.rawValue ?? "")"
    print("  " + kept)
    print(
      "  beside them: \(try InspectReport.sideFiles(destination).map(\.name.visible).joined(separator: ", "))"
    )
  }
}
