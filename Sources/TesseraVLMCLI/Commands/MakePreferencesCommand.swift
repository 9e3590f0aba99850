import ArgumentParser
import Tessera
import TesseraCorpora
import TesseraTerminal
import TesseraVLM

/// `tessera-vlm make-preferences`: right answers beside wrong ones.
struct MakePreferencesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make-preferences",
    abstract: "Make preferences for a reward model out of questions with answers.",
    discussion: """
      Each right answer is put beside wrong ones: the same with one attribute changed (--attributes), and what a model \
      says itself where that is not the right answer (--model): its own mistakes are what a reward has to tell from right \
      answers. A line a question, in TRL's form, pictures named from the output's folder.
      """)

  @ArgumentParser.Argument(help: ArgumentHelp("Questions with answers, or captions.", valueName: "data"))
  var data: [String]

  @Option(name: [.short, .long], help: ArgumentHelp("The file to write.", valueName: "file.jsonl"))
  var output: String

  @OptionGroup var corpus: CorpusOptions

  @Option(
    help: ArgumentHelp("The folder at which pictures' paths start (default: the file's).", valueName: "dir"))
  var images: String?

  @Option(
    help: ArgumentHelp(
      """
      Words that can stand for one another: shapes, or a JSON file {"answers": [["yes", "no"]], "words": [["red", \
      "green"]], "never": []}.
      """, valueName: "shapes|file.json"))
  var attributes: String?

  @Option(help: ArgumentHelp("Changed answers of a question at most.", valueName: "n"))
  var corruptions = 1

  @Option(help: ArgumentHelp("The model whose mistakes are taken.", valueName: "dir"))
  var model: String?

  @Option(help: ArgumentHelp("Answers that it draws to each question.", valueName: "n"))
  var draws = 8

  @Option(help: ArgumentHelp("Different mistakes of a question at most.", valueName: "n"))
  var mistakes = 3

  @Option(help: ArgumentHelp("What its logits are divided by before it draws.", valueName: "t"))
  var temperature = 1.0

  @Option(help: ArgumentHelp("Tokens of an answer at most.", valueName: "n"))
  var maxAnswer = 48

  @Option(help: ArgumentHelp("What chance starts from.", valueName: "n"))
  var seed: UInt64 = 0

  @Flag(help: "Replace the output.")
  var overwrite = false

  func validate() throws {
    if attributes == nil && model == nil {
      throw ValidationError("--attributes or --model is needed: nothing else makes a wrong answer")
    }
    if attributes == nil && corruptions != 1 { throw ValidationError("--corruptions is for --attributes") }
    for (name, value) in [
      ("--corruptions", corruptions), ("--draws", draws), ("--mistakes", mistakes),
      ("--max-answer", maxAnswer),
    ] where value < 1 {
      throw ValidationError("\(name) must be 1 or more, got \(value)")
    }
    if !(temperature > 0 && temperature.isFinite) {
      throw ValidationError("--temperature must be above 0, got \(temperature)")
    }
    if data.isEmpty { throw ValidationError("questions are needed") }
  }

  func run() throws {
    if !overwrite, FileIO.size(output) != nil {
      throw TesseraError(
        .invalidArgument(name: "--output", expected: "a new file (or --overwrite)", got: "one that is there"),
        path: output)
    }
    // Before the work, not after it.
    if let end = output.lastIndex(of: "/"), end > output.startIndex {
      try FileIO.makeFolder(String(output[..<end]))
    }
    var maker = PreferenceMaker()
    (maker.corruptions, maker.mistakes) = (corruptions, mistakes)
    (maker.temperature, maker.seed) = (temperature, seed)
    maker.attributes = try attributes.map { name in
      name == "shapes" ? .shapes : try AttributeWords(json: FileIO.read(name, limit: 1 << 22), file: name)
    }
    maker.draws = model == nil ? 0 : draws
    let llava = try model.map { try LlavaModel(Checkpoint($0)) }
    let processor = try llava.flatMap { llava in try model.map { try Processor($0, llava.config) } }
    let line = MakeProgress()
    defer { line.finish() }
    var (all, tally): ([PreferenceMaker.Preference], PreferenceMaker.Tally) = ([], .init())
    for source in try corpus.sources(data, images: images) {
      let made = try maker.preferences(
        Question.all(of: source.open()), llava, processor, maximumAnswer: maxAnswer
      ) { line.update("\(source.title): \(draws) draws of \(Words.count($0, "question"))") }
      all += made.preferences
      tally += made.tally
    }
    line.finish()
    guard !all.isEmpty else {
      throw TesseraError(
        .invalidInput(
          operation: "making preferences", expected: "a question with an answer, and a wrong answer to it",
          got: "none of \(Words.count(tally.questions, "question"))"),
        path: data[0])
    }
    try PreferenceMaker.Preference.write(all, to: output)
    print(output.visible)
    print(
      "  \(Words.count(all.count, "preference")) of \(Words.count(tally.questions, "question")): "
        + "\(Words.count(tally.corruptions, "changed answer")), \(Words.count(tally.mistakes, "mistake")) of the model's own; "
        + "\(Words.count(tally.leftOut, "question")) left out")
  }
}
