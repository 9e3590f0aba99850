import ArgumentParser
import TesseraVLM

/// How answers are drawn.
struct SamplingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The most tokens of an answer.", valueName: "n"))
  var maxNewTokens = 256

  @Option(
    help: ArgumentHelp("0 takes the likeliest token each time; more draws more freely.", valueName: "t"))
  var temperature = 0.0

  @Option(help: ArgumentHelp("Draw from the n likeliest tokens only.", valueName: "n"))
  var topK: Int?

  @Option(
    help: ArgumentHelp("Draw from the likeliest tokens that have this probability together.", valueName: "p"))
  var topP = 1.0

  @Option(help: ArgumentHelp("Draw from tokens at least p times as likely as the likeliest.", valueName: "p"))
  var minP = 0.0

  @Option(help: ArgumentHelp("Above 1: tokens that were there already are less likely.", valueName: "x"))
  var repetitionPenalty = 1.0

  @Option(
    help: ArgumentHelp("End an answer before this text (may be given several times).", valueName: "text"))
  var stop: [String] = []

  @Option(help: ArgumentHelp("What chance starts from: equal seeds give equal answers.", valueName: "n"))
  var seed: UInt64 = 0

  @Flag(name: .customLong("no-cache"), help: "Compute all tokens anew for each: slow, to check the cache by.")
  var hasNoCache = false

  var options: GenerationOptions {
    var options = GenerationOptions()
    options.maxNewTokens = maxNewTokens
    options.temperature = temperature
    options.topK = topK
    options.topP = topP
    options.minP = minP
    options.repetitionPenalty = repetitionPenalty
    options.stopStrings = stop
    options.seed = seed
    options.usesCache = !hasNoCache
    return options
  }

  func validate() throws {
    do { try options.validate() } catch { throw ValidationError("--\(error)") }
  }
}
