import ArgumentParser
import Tessera
import TesseraTerminal

/// `tessera replay`: one sample of a batch made again, with everything that chance decided for it.
struct ReplayCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "replay", abstract: "Make one sample of a batch again and show what was drawn for it.",
    discussion: """
      A batch is a function of the data, the pipeline, the seed, the epoch and its number, so a sample that made a \
      loss jump can be looked at: give the loader's batch size, order and seed, and where the sample stood.
      """)

  @ArgumentParser.Argument(
    help: ArgumentHelp(
      "A folder of any depth, a list (.txt, .jsonl), tars, or packed arrays.", valueName: "src"))
  var source: String

  @OptionGroup(title: "Pipeline") var pipeline: PipelineOptions

  @Option(help: ArgumentHelp("What chance starts from, the order included.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The epoch, from 0.", valueName: "n"))
  var epoch = 0

  @Option(help: ArgumentHelp("The batch's number in its epoch, from 0.", valueName: "n"))
  var batch = 0

  @Option(help: ArgumentHelp("The slot in the batch, from 0.", valueName: "n"))
  var slot = 0

  @Option(help: ArgumentHelp("Samples a batch.", valueName: "n"))
  var batchSize = 64

  @Option(help: "The loader's order: sequential, shuffled or torch.")
  var order: OrderArgument = .shuffled

  @Option(name: [.short, .long], help: ArgumentHelp("A PNG of what came out.", valueName: "file"))
  var output: String?

  @Flag(help: "As JSON.")
  var json = false

  @OptionGroup(title: "Decoding") var decoding: DecodeOptions

  @OptionGroup(title: "Shards on servers") var remote: RemoteArguments

  mutating func validate() throws {
    if batchSize > DataLoader.largestBatch {
      throw ValidationError("--batch-size must be at most \(DataLoader.largestBatch), got \(batchSize)")
    }
    for (name, value, least) in [
      ("--epoch", epoch, 0), ("--batch", batch, 0), ("--slot", slot, 0), ("--batch-size", batchSize, 1),
    ] where value < least {
      throw ValidationError("\(name) must be at least \(least), got \(value)")
    }
  }

  func run() throws {
    let resolved = try decoding.resolve()
    let recipe = Recipe(
      try pipeline.resolve(), policy: resolved.policy, generation: resolved.generation)
    do {
      let data = try DatasetSource.open(source, remote: try remote.store())
      let loader = DatasetSource.loader(
        data, recipe: recipe, batchSize: batchSize, order: order.ordering(seed: seed), seed: seed)
      let replay = try loader.replay(BatchPosition(epoch: epoch, batch: batch), slot: slot)
      if json { printJSON(replay) } else { printText(replay, loader.classes) }
      if let picture = try writePicture(replay) { Talk.say("tessera: \(picture)") }
    } catch let error as TesseraError {
      if case .invalidArgument = error.reason { throw ValidationError("\(error)") }
      Talk.say("tessera: \(error)")
      throw ExitCode.failure
    }
  }

  /// Draws what came out, several pictures side by side; what was written, in words.
  private func writePicture(_ replay: SampleReplay) throws -> String? {
    guard let output else { return nil }
    let pictures = try zip(replay.outputs, replay.draws).map { try Showing.picture($0, $1) }
    guard let first = pictures.first else {
      throw TesseraError(
        .invalidInput(operation: "replay", expected: "a sample with a picture", got: "one without"),
        path: replay.name, index: replay.key.index)
    }
    let picture = pictures.count == 1 ? first : Showing.tiled(pictures)
    if let slash = output.lastIndex(of: "/") { try FileIO.makeFolder(String(output[..<slash])) }
    try AtomicFile.write(try PNGEncoder().encode(picture), to: output)
    return "\(output): \(picture.size)"
  }

  private func printText(_ replay: SampleReplay, _ classes: [String]) {
    var rows = [
      ["sample", "\(replay.key.index)\(replay.key.visit == 0 ? "" : " (visit \(replay.key.visit))")"],
      ["name", replay.name.visible],
    ]
    if let label = replay.label {
      rows.append(["label", classes.indices.contains(label) ? "\(label) (\(classes[label]))" : "\(label)"])
    }
    for line in TextTable.lines(rows) { print(line) }
    for (number, draw) in replay.draws.enumerated() {
      if replay.draws.count > 1 { print("picture \(number)") }
      print("decoded  \(draw.input.size) \(draw.input.format.pillowMode)")
      for (operation, after) in zip(draw.operations, draw.infos) {
        let result = after.tensor.map { "\($0.shape) \($0.dataType.rawValue)" } ?? "\(after.size)"
        print("  \(operation.text) → \(result)")
      }
      print("as a pipeline: \(draw.pipeline.text)")
    }
  }

  private func printJSON(_ replay: SampleReplay) {
    print(
      JSONText.object([
        ("sample", .int(replay.key.index)), ("visit", .string(String(replay.key.visit))),
        ("name", .string(replay.name)), ("label", JSONText(replay.label)), ("epoch", .int(epoch)),
        ("batch", .int(batch)), ("slot", .int(slot)), ("seed", .string(String(seed))),
        (
          "pictures",
          .array(
            replay.draws.map { draw in
              .object([
                ("width", .int(draw.input.size.width)), ("height", .int(draw.input.size.height)),
                ("operations", .array(draw.operations.map { .string($0.text) })),
                ("pipeline", .string(draw.pipeline.text)),
              ])
            })
        ),
      ]).text)
  }
}
