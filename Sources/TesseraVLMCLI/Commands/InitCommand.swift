import ArgumentParser
import Tessera
import TesseraTerminal
import TesseraVLM

/// `tessera-vlm init`: a vision tower and a decoder joined into a LLaVA.
struct InitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "init",
    abstract: "Join a CLIP or SigLIP directory and a Llama, Qwen2 or Mistral directory into a LLaVA.",
    discussion: """
      Adds the tokens <image> and <pad> unless the tokenizer has them, enlarges the embedding for them (new rows are \
      the mean of the old), and makes a new projector. The new directory is filled aside and renamed when it is whole.
      """)

  /// `--projector`.
  enum Projector: String, ExpressibleByArgument, CaseIterable {
    case mlp
    case pixelShuffle = "pixel-shuffle"
  }

  /// `--select`.
  enum Selection: String, ExpressibleByArgument, CaseIterable {
    case `default`, full

    var selection: FeatureSelection { self == .full ? .full : .withoutFirst }
  }

  @Option(help: ArgumentHelp("The directory of the vision tower.", valueName: "dir"))
  var vision: String

  @Option(help: ArgumentHelp("The directory of the decoder.", valueName: "dir"))
  var language: String

  @ArgumentParser.Argument(help: ArgumentHelp("The directory to write.", valueName: "out"))
  var destination: String

  @Option(help: "mlp (LLaVA's: linear, gelu, linear) or pixel-shuffle (squares of patches, linear).")
  var projector = Projector.mlp

  @Option(help: ArgumentHelp("pixel-shuffle: patches along a side of a square (default: 2).", valueName: "n"))
  var factor: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The tower's layer whose output is projected; −1 is the last.", valueName: "n"))
  var featureLayer = -2

  @Option(
    help: "default (without the first token) or full (default: default for CLIP, full for SigLIP).")
  var select: Selection?

  @Option(help: "Store all weights as float32, float16 or bfloat16 (default: each as it is).")
  var dtype: WeightType?

  @Option(help: ArgumentHelp("What the projector's numbers start from.", valueName: "n"))
  var seed: UInt64 = 0

  @Flag(help: "Replace a model directory that has the name.")
  var replace = false

  mutating func validate() throws {
    guard let factor else { return }
    if projector != .pixelShuffle { throw ValidationError("--factor is for --projector pixel-shuffle") }
    if !(1...16).contains(factor) { throw ValidationError("--factor must be 1 to 16, got \(factor)") }
  }

  func run() throws {
    var options = DirectoryJoin.Options()
    if projector == .pixelShuffle { options.projector = .pixelShuffle(factor: factor ?? 2) }
    options.featureLayers = [featureLayer]
    options.featureSelection = select?.selection
    options.seed = seed
    let join = try DirectoryJoin(vision: vision, language: language, options: options)
    var writer = CheckpointWriter()
    writer.replacesExisting = replace
    for note in join.vision.notes + join.language.notes { Talk.say("note: \(note.visible)") }
    try writer.write(join, to: destination, dataType: dtype?.dataType)
    report(join)
  }

  private func report(_ join: DirectoryJoin) {
    let config = join.config
    let rows = [
      ["vision tower", "from \(vision): \(ModelWords.vision(config.vision))"],
      ["decoder", "from \(language): \(ModelWords.decoder(config.text))"],
      ["projector", "new (seed \(seed)): \(ModelWords.projector(config))"],
      ["tokens", tokens(join)],
      [
        "embedding",
        config.text.vocabularySize == join.keptRows
          ? "\(join.keptRows) rows, as they were"
          : "\(join.keptRows) rows as they were, \(config.text.vocabularySize - join.keptRows) new (their mean)",
      ],
      ["pictures", "\(config.imageTokens) tokens each; settings from \(vision) or its kind's usual ones"],
      ["weights", dtype.map { "all \($0.rawValue)" } ?? "each in its own type"],
    ]
    print(destination.visible)
    for line in TextTable.lines(rows.map { [$0[0], $0[1].visible] }) { print("  " + line) }
    let ignored = InspectReport.ignoredLines(join.vision) + InspectReport.ignoredLines(join.language)
    for line in ignored { Talk.say(line) }
  }

  private func tokens(_ join: DirectoryJoin) -> String {
    guard !join.addedTokens.isEmpty else { return "none added (the tokenizer has <image> and a pad token)" }
    return "added " + join.addedTokens.map { "\($0.content) as \($0.id)" }.joined(separator: ", ")
  }
}
