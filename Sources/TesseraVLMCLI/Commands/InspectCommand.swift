import ArgumentParser
import Tessera
import TesseraCore
import TesseraTerminal
import TesseraText
import TesseraVLM

/// `tessera-vlm inspect`: what a model directory holds.
struct InspectCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "inspect",
    abstract: "Show a model directory: parameters by part, config, layout, memory needed, what is beside it.",
    discussion: """
      Reads LLaVA directories, CLIP and SigLIP towers, and Llama, Qwen2 and Mistral decoders. Where weights and config \
      do not fit, it lists what is missing, unexpected or of another shape, and fails.
      """)

  @ArgumentParser.Argument(help: ArgumentHelp("The model directory.", valueName: "dir"))
  var path: String

  @Option(
    help: ArgumentHelp(
      "A LoRA adapter for it, as PEFT or tessera-vlm saves it: what it changes, or why it does not fit.",
      valueName: "dir"))
  var adapter: String?

  @Flag(help: "As a JSON object.")
  var json = false

  func run() throws {
    let report = try Checkpoint.compare(path)
    guard report.isEmpty else { return try fail(report) }
    let checkpoint = try Checkpoint(path)
    let facts = try DirectoryFacts(checkpoint, adapter: adapter.map { try AdapterFacts($0, checkpoint) })
    if json {
      print(facts.json.text)
    } else {
      for (title, rows) in facts.sections {
        print(title.visible)
        for line in TextTable.lines(rows.map { $0.map(\.visible) }) { print("  " + line) }
      }
    }
  }

  private func fail(_ report: KeyReport) throws {
    if json {
      let pairs: [(key: String, value: JSONText)] = [
        ("path", .string(path)), ("fits", .bool(false)),
        ("missing", .array(report.missing.map { .string($0) })),
        ("unexpected", .array(report.unexpected.map { .string($0) })),
        (
          "mismatched",
          .array(
            report.mismatched.map {
              .object([
                ("name", .string($0.name)), ("expected", .string($0.expected)), ("found", .string($0.found)),
              ])
            })
        ), ("notes", .array(report.remarks.map { .string($0) })),
      ]
      print(JSONText.object(pairs).text)
    } else {
      print(report.text.split(separator: "\n").map { String($0).visible }.joined(separator: "\n"))
    }
    Talk.say("tessera-vlm: \(path.visible): weights and config.json do not fit")
    throw ExitCode.failure
  }
}
