import ArgumentParser
import Tessera
import TesseraCorpora
import TesseraText
import TesseraVLM

extension LearningRateSchedule.Shape: ExpressibleByArgument {}

/// One stage by flags: each is a place of a recipe, so that nothing can be trained that a recipe could not say.
struct StageOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The directory that the stage begins with.", valueName: "dir"))
  var model: String?

  @Option(
    help: ArgumentHelp(
      "A recipe whose stage of this kind is taken; flags count more.", valueName: "file.yaml"))
  var recipe: String?

  @Option(
    help: ArgumentHelp("Which of the recipe's stages of this kind, where it has several.", valueName: "name"))
  var stage: String?

  @Option(help: ArgumentHelp("Data to train on: may be repeated.", valueName: "file"))
  var data: [String] = []

  @Option(help: ArgumentHelp("Data whose loss is looked at: may be repeated.", valueName: "file"))
  var validation: [String] = []

  @Option(
    help: ArgumentHelp("Data that is asked for answers at the end: may be repeated.", valueName: "file"))
  var evaluate: [String] = []

  @Option(
    help: ArgumentHelp("The folder at which pictures' paths start (default: the file's).", valueName: "dir"))
  var images: String?

  @OptionGroup var corpus: CorpusOptions

  @Option(help: ArgumentHelp("Optimiser steps.", valueName: "n"))
  var steps: Int?

  @Option(help: ArgumentHelp("Passes over the data instead (default: 1).", valueName: "n"))
  var epochs: Double?

  @Option(help: ArgumentHelp("Samples of a step (default: 32).", valueName: "n"))
  var batch: Int?

  @Option(help: ArgumentHelp("Tokens of a step at most, instead.", valueName: "n"))
  var batchTokens: Int?

  @Option(
    help: ArgumentHelp("Samples that go through the model together (default: all of a step).", valueName: "n")
  )
  var microBatch: Int?

  @Option(help: ArgumentHelp("Pack samples into texts of so many tokens.", valueName: "n"))
  var packing: Int?

  @Option(
    help: ArgumentHelp(
      "Learning rate (default: 1e-3; sft 2e-5; reward 1e-5; rl and dpo 1e-6).", valueName: "rate"))
  var lr: Double?

  @Option(help: "constant, linear, cosine or wsd (default: cosine).")
  var schedule: LearningRateSchedule.Shape?

  @Option(
    help: ArgumentHelp("Warm-up in steps, or below 1 as a share of them (default: 0.03).", valueName: "n"))
  var warmup: Double?

  @Option(
    help: ArgumentHelp(
      "What is left of the rate at the last step, as a share (default: 0).", valueName: "share"))
  var final: Double?

  @Option(help: ArgumentHelp("Decay of matrices (default: 0).", valueName: "share"))
  var weightDecay: Double?

  @Option(help: ArgumentHelp("The largest norm of the gradient; 0 for any (default: 1).", valueName: "norm"))
  var clip: Double?

  @Flag(help: "Compute in bfloat16; the weights stay float32.")
  var bf16 = false

  @Flag(help: "Compute layers again on the way back, for less memory.")
  var gradientCheckpointing = false

  @Flag(help: "Where several ranks train: each keeps the optimiser's state of its share alone (ZeRO-1).")
  var shardOptimizer = false

  @Option(
    help: ArgumentHelp(
      """
      Train a part: vision, projector or decoder, with =SHARE at that share of the rate (pretrain: decoder; align: \
      projector; sft, reward, rl and dpo: projector and decoder). May be repeated.
      """, valueName: "part"))
  var train: [String] = []

  @Option(help: ArgumentHelp("Leave a part as it is: may be repeated.", valueName: "part"))
  var freeze: [String] = []

  @Option(help: ArgumentHelp("The longest sample in tokens.", valueName: "n"))
  var maxLength: Int?

  @Option(help: "What becomes of a longer one: error, drop or cut-text (default: error).")
  var overflow: ShowSampleCommand.Overflow?

  @Option(
    help: ArgumentHelp(
      "Steps from one look at the validation to the next (default: the end alone).", valueName: "n"))
  var validateEvery: Int?

  @Option(help: ArgumentHelp("Steps from one checkpoint to the next (default: 500).", valueName: "n"))
  var checkpointEvery: Int?

  @Option(help: ArgumentHelp("Steps from one line of the log to the next (default: 10).", valueName: "n"))
  var logEvery: Int?

  @Option(help: ArgumentHelp("What chance starts from (default: 0).", valueName: "n"))
  var seed: Int?

  private static let parts = ["vision", "projector", "decoder"]

  func validate() throws {
    if recipe == nil && (model == nil || data.isEmpty) {
      throw ValidationError("--model and --data are needed, or a --recipe that has them")
    }
    if stage != nil && recipe == nil {
      throw ValidationError("--stage is for a --recipe with several stages")
    }
    if steps != nil && epochs != nil { throw ValidationError("--steps or --epochs, not both") }
    for part in freeze where !Self.parts.contains(part) {
      throw ValidationError("--freeze must be one of \(Self.parts.joined(separator: ", ")), got '\(part)'")
    }
    for part in train {
      let pieces = part.split(separator: "=", maxSplits: 1).map(String.init)
      let share = pieces.count > 1 ? Double(pieces[1]) ?? -1 : 1
      guard let name = pieces.first, Self.parts.contains(name), share > 0, share.isFinite else {
        throw ValidationError(
          "--train must be one of \(Self.parts.joined(separator: ", ")), alone or with =SHARE above 0, got '\(part)'"
        )
      }
      if freeze.contains(name) { throw ValidationError("--train and --freeze both name \(name)") }
    }
    if images != nil && data.isEmpty && validation.isEmpty && evaluate.isEmpty {
      throw ValidationError("--images is for --data, --validation and --evaluate, and there are none")
    }
  }

  /// The recipe of one stage that the flags describe.
  ///
  /// - Parameter more: values that count more than all flags.
  /// - Throws: what is wrong with the recipe, and with the flags as its places.
  func resolved(_ kind: StageRecipe.Kind, _ more: [(place: String, value: String)]) throws
    -> TesseraVLM.Recipe
  {
    let places = try overrides() + more
    if let recipe {
      return try Recipe(
        yaml: RunOptions.text(of: recipe), file: recipe, choosing: StageChoice(kind, name: stage),
        overrides: places)
    }
    let name = kind.rawValue
    return try Recipe(
      yaml: "name: \(name)\nmodel: {}\nstages: [{stage: \(name)\(kind == .rl ? "" : ", epochs: 1")}]\n",
      file: "the command line",
      overrides: places)
  }

  /// The flags as places of a recipe.
  private func overrides() throws -> [(place: String, value: String)] {
    var places: [(place: String, value: String)] = []
    func set(_ place: String, _ value: (some Any)?) {
      if let value { places.append((place, "\(value)")) }
    }
    set("model", model.map { "{directory: \(Self.quoted($0))}" })
    set("seed", seed)
    for (key, files) in [("data", data), ("validation", validation), ("evaluate", evaluate)]
    where !files.isEmpty {
      set("stages[0].\(key)", try list(files, named: key == "evaluate"))
    }
    // Of steps and epochs the one that is named takes the recipe's place, whichever that has.
    if let steps { places += [("stages[0].epochs", "null"), ("stages[0].steps", "\(steps)")] }
    if let epochs { places += [("stages[0].steps", "null"), ("stages[0].epochs", "\(epochs)")] }
    set("stages[0].batch.samples", batch)
    set("stages[0].batch.tokens", batchTokens)
    set("stages[0].batch.micro_samples", microBatch)
    set("stages[0].batch.packing", packing)
    set("stages[0].optimizer.learning_rate", lr)
    set("stages[0].optimizer.schedule", schedule?.rawValue)
    set("stages[0].optimizer.warmup", warmup)
    set("stages[0].optimizer.final", final)
    set("stages[0].optimizer.weight_decay", weightDecay)
    set("stages[0].optimizer.clip", clip)
    set("stages[0].optimizer.bf16", bf16 ? true : nil)
    set("stages[0].gradient_checkpointing", gradientCheckpointing ? true : nil)
    set("stages[0].shard_optimizer", shardOptimizer ? true : nil)
    for part in freeze { set("stages[0].train.\(part)", "frozen") }
    for part in train {
      let pieces = part.split(separator: "=", maxSplits: 1).map(String.init)
      set("stages[0].train.\(pieces[0])", pieces.count > 1 ? pieces[1] : "true")
    }
    set("stages[0].max_length", maxLength)
    set("stages[0].overflow", overflow?.policy.rawValue)
    set("stages[0].validate_every", validateEvery)
    set("stages[0].checkpoint_every", checkpointEvery)
    set("stages[0].log_every", logEvery)
    return places
  }

  /// Data sets as a list of the recipe.
  ///
  /// - Parameter named: whether each gets a name of its own: tables are told apart by it.
  private func list(_ files: [String], named: Bool) throws -> String {
    let sources = try corpus.sources(files, images: images)
    return JSONText.array(
      sources.map { source in
        var members: [(key: String, value: JSONText)] = [("path", .string(source.path))]
        if let format = source.format { members.append(("format", .string(format.rawValue))) }
        if let images = source.images { members.append(("images", .string(images))) }
        if let limit = source.limit { members.append(("limit", .int(limit))) }
        if source.split != .file { members.append(("split", .string(source.split.rawValue))) }
        let isTwice = sources.count { $0.title == source.title } > 1
        if named && isTwice { members.append(("name", .string(source.path))) }
        return .object(members)
      }
    ).text
  }

  /// One data set as a place of the recipe.
  static func source(_ path: String, images: String?) -> String {
    JSONText.object([("path", .string(path))] + (images.map { [("images", .string($0))] } ?? [])).text
  }

  /// A text as YAML takes it, whatever is in it.
  static func quoted(_ text: String) -> String { JSONText.string(text).text }
}
