import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal

/// `tessera explain`: what a pipeline does with a picture, and where the time goes.
struct ExplainCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "explain",
    abstract:
      "Show how a pipeline is carried out: what is decoded, joined and left out, and the time of each step.",
    discussion: """
      The picture goes through the plan and through the same steps one after another, --rounds times each, in turns. \
      Medians are shown, and whether both give the same bits (they must: exit status 1 if not).
      """)

  @ArgumentParser.Argument(help: ArgumentHelp("A picture.", valueName: "file"))
  var path: String

  @OptionGroup(title: "Pipeline") var pipeline: PipelineOptions

  @Option(help: ArgumentHelp("What chance starts from.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The epoch of the random steps' draw.", valueName: "n"))
  var epoch: UInt64 = 0

  @Option(help: ArgumentHelp("The sample of the random steps' draw.", valueName: "n"))
  var sample: UInt64 = 0

  @Option(help: ArgumentHelp("Runs of each, of which the median counts.", valueName: "n"))
  var rounds = 9

  @Flag(help: "As JSON.")
  var json = false

  @OptionGroup(title: "Decoding") var decoding: DecodeOptions

  mutating func validate() throws {
    guard (1...10_000).contains(rounds) else {
      throw ValidationError("--rounds must be 1 to 10000, got \(rounds)")
    }
  }

  func run() throws {
    let pipeline = try pipeline.resolve()
    let (_, policy, generation) = try decoding.resolve()
    do {
      let bytes = try FileIO.read(path, limit: policy.limits.bytes)
      let header = try ImageHeader(bytes: bytes, policy: policy)
      try policy.limits.check(header.size)
      let decoded = ImageDecoder().info(for: header, policy: policy)
      let info = PictureInfo(size: decoded.size, format: decoded.format, generation: generation)
      let draw = try pipeline.draw(
        for: info, using: RandomStream(seed: seed, epoch: epoch, sample: sample))
      let plan = try Plan(draw, policy: policy, header: header)
      let explanation = try bytes.withUnsafeBytes {
        try plan.explanation(decoding: $0, header: header, rounds: rounds)
      }
      if json { try printJSON(draw, explanation) } else { printTable(pipeline, draw, explanation) }
      if !explanation.isEqual {
        Talk.say(
          "tessera: the plan and its steps gave different bits: please report this picture and pipeline")
        throw ExitCode.failure
      }
    } catch let error as TesseraError {
      Talk.say("tessera: \(error.with(path: path))")
      throw ExitCode.failure
    }
  }

  private func printTable(_ pipeline: Pipeline, _ draw: Draw, _ explanation: PlanExplanation) {
    print("pipeline  \(pipeline.text)")
    if draw.pipeline.text != pipeline.text { print("draw      \(draw.pipeline.text)") }
    print("result    \(explanation.output)")
    printStages("the plan", explanation.planned, explanation.plannedMilliseconds)
    if !explanation.leftOut.isEmpty {
      print("\nleft out:")
      let rows = explanation.leftOut.map { ["  " + $0.name.visible, $0.reason.visible] }
      for line in TextTable.lines(rows) { print(line) }
    }
    printStages("the same, step by step", explanation.stepwise, explanation.stepwiseMilliseconds)
    let ratio = explanation.stepwiseMilliseconds / max(explanation.plannedMilliseconds, 1e-6)
    let words =
      ratio >= 1
      ? String(format: "is %.2f times as fast.", ratio)
      : String(format: "takes %.2f times as long.", 1 / ratio)
    print("\n\(explanation.isEqual ? "The bits are the same" : "THE BITS DIFFER"); the plan \(words)")
  }

  private func printStages(_ title: String, _ stages: [PlanExplanation.Stage], _ total: Double) {
    print("\n\(title): \(String(format: "%.3f ms", total))")
    let rows = stages.map { stage in
      ["  " + String(format: "%8.3f ms", stage.milliseconds), stage.name.visible, stage.detail.visible]
    }
    for line in TextTable.lines(rows) { print(line) }
  }

  private func printJSON(_ draw: Draw, _ explanation: PlanExplanation) throws {
    struct Stage: Encodable {
      var name: String
      var detail: String
      var milliseconds: Double
    }
    struct LeftOut: Encodable {
      var name: String
      var reason: String
    }
    struct Result: Encodable {
      var path: String
      var draw: String
      var output: String
      var plan: [Stage]
      var left_out: [LeftOut]
      var steps: [Stage]
      var equal: Bool
    }
    func stages(_ list: [PlanExplanation.Stage]) -> [Stage] {
      list.map { Stage(name: $0.name, detail: $0.detail, milliseconds: $0.milliseconds) }
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
    let result = Result(
      path: path, draw: draw.pipeline.text, output: explanation.output, plan: stages(explanation.planned),
      left_out: explanation.leftOut.map { LeftOut(name: $0.name, reason: $0.reason) },
      steps: stages(explanation.stepwise), equal: explanation.isEqual)
    print(String(decoding: try encoder.encode(result), as: UTF8.self))
  }
}
