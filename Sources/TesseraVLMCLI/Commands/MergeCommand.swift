import ArgumentParser
import Tessera
import TesseraCore
import TesseraTerminal
import TesseraVLM

/// `tessera-vlm merge`: a model with an adapter worked into its weights.
struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Work a LoRA adapter into a model's weights: W + s·BA.",
    discussion: """
      Writes a model directory like any other, in the layout that transformers 4.57 and 5 read. Weights are computed \
      one at a time in float32 and rounded once, to the type that they had or to --dtype; those without an adapter keep \
      their bytes. The new directory is filled aside and renamed when it is whole.
      """)

  @ArgumentParser.Argument(help: ArgumentHelp("The model directory.", valueName: "base"))
  var base: String

  @ArgumentParser.Argument(
    help: ArgumentHelp("The adapter's directory, as PEFT or tessera-vlm saves it.", valueName: "adapter"))
  var adapter: String

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
    let checkpoint = try Checkpoint(base)
    guard case .llava(let config) = checkpoint.config else {
      throw TesseraError(
        .invalidInput(
          operation: "merging an adapter", expected: "a LLaVA directory",
          got: "a \(checkpoint.config.kindName)"), path: base)
    }
    for note in checkpoint.notes { Talk.say("note: \(note)") }
    for line in InspectReport.ignoredLines(checkpoint) { Talk.say(line) }
    let found = try LoRAAdapter(adapter, config: config)
    var writer = CheckpointWriter()
    writer.shardLimit = shardSize.bytes
    writer.replacesExisting = replace
    try writer.write(checkpoint, merging: found, to: destination, dataType: dtype?.dataType)
    try report(found)
  }

  private func report(_ found: LoRAAdapter) throws {
    let written = try Checkpoint(destination)
    if json {
      print(
        JSONText.object([
          ("destination", .string(destination)), ("merged_layers", .int(found.layers.count)),
          (
            "replaced", .array((found.saved + found.replaced).map { .string($0.spec.name) })
          ), ("parameters", .int(InspectReport.count(written))),
          ("types", .string(InspectReport.typeWords(written))),
        ]).text)
      return
    }
    print("\(base.visible) + \(adapter.visible) → \(destination.visible)")
    let whole = (found.saved + found.replaced).count
    let rows = [
      ["adapter", AdapterFacts.words(found)],
      [
        "changed",
        Words.count(found.layers.count + whole, "weight") + (whole > 0 ? ", \(whole) of them replaced" : ""),
      ],
      ["types", InspectReport.typeWords(written)], ["weights", InspectReport.fileWords(written)],
    ]
    for line in TextTable.lines(rows.map { $0.map(\.visible) }) { print("  " + line) }
  }
}
