import ArgumentParser
import Tessera
import TesseraTerminal
import TesseraVLM

/// How answers are drawn.
struct SamplingOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The most tokens of an answer (default: 256).", valueName: "n"))
  var maxNewTokens: Int?

  // Unconditional: a number below 0 is a wrong number, not an option.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("0 takes the likeliest token each time; more draws more freely.", valueName: "t"))
  var temperature: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Draw from the n likeliest tokens only; 0 for all.", valueName: "n"))
  var topK: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Draw from the likeliest tokens that have this probability together.", valueName: "p"))
  var topP: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Draw from tokens at least p times as likely as the likeliest.", valueName: "p"))
  var minP: Double?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Above 1: tokens that were there already are less likely.", valueName: "x"))
  var repetitionPenalty: Double?

  @Option(
    help: ArgumentHelp("End an answer before this text (may be given several times).", valueName: "text"))
  var stop: [String] = []

  @Option(help: ArgumentHelp("What chance starts from: equal seeds give equal answers.", valueName: "n"))
  var seed: UInt64 = 0

  @Flag(name: .customLong("no-cache"), help: "Compute all tokens anew for each: slow, to check the cache by.")
  var hasNoCache = false

  /// The options of an answer: what is given here, else what the directory's `generation_config.json` asks for; says
  /// what was taken from there, and what of it is not done.
  func options(_ settings: GenerationSettings) throws -> GenerationOptions {
    var (options, taken) = try settings.options(wishes)
    if !taken.isEmpty {
      Talk.say("tessera-vlm: from generation_config.json: \(taken.joined(separator: ", ").visible)")
    }
    if !settings.notDone.isEmpty {
      let list = settings.notDone.joined(separator: ", ").visible
      Talk.say("tessera-vlm: generation_config.json asks for \(list): not done")
    }
    options.stopStrings = stop
    options.seed = seed
    options.usesCache = !hasNoCache
    return options
  }

  private var wishes: GenerationSettings.Wishes {
    var wishes = GenerationSettings.Wishes()
    wishes.maxNewTokens = maxNewTokens
    wishes.temperature = temperature
    (wishes.topK, wishes.topP, wishes.minP) = (topK, topP, minP)
    wishes.repetitionPenalty = repetitionPenalty
    return wishes
  }

  func validate() throws {
    // Each by itself; whether they fit together, the directory's settings decide with them.
    var alone = GenerationOptions()
    alone.maxNewTokens = maxNewTokens ?? alone.maxNewTokens
    alone.repetitionPenalty = repetitionPenalty ?? 1
    (alone.topP, alone.minP, alone.stopStrings) = (topP ?? 1, minP ?? 0, stop)
    alone.temperature = temperature ?? 1
    if let topK, topK < 0 { throw ValidationError("--top-k must be at least 1, or 0 for all, got \(topK)") }
    do { try alone.validate() } catch { throw ValidationError("--\(error)") }
  }
}
