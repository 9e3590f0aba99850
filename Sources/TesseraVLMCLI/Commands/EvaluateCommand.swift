import ArgumentParser
import Tessera
import TesseraCorpora
import TesseraData
import TesseraTerminal
import TesseraTracking
import TesseraVLM

/// `tessera-vlm evaluate`: what a model is worth on held-out data.
struct EvaluateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluate",
    abstract: "Measure a model on held-out data, beside what it says without seeing.",
    discussion: """
      Asks every question (a caption's is its picture alone) and compares the answers, which are greedy: exact match, \
      by category too, BLEU, CIDEr, stop rate; and the loss of each learned token, in nats and in bits per byte. Each \
      stands beside the same with other samples' pictures (shuffled) and with even gray ones (blank), and beside always \
      giving the most frequent answer of each category: of the data of --majority-from, or, which is too high a bar \
      where frequencies differ, of the held-out set itself. Text alone has a loss only.

      A reward model's directory is put preferences instead: pairs whose better answer scores higher, by category too, \
      beside what length alone would reach, the loss, and the calibration.
      """)

  @OptionGroup var model: ModelOptions

  @ArgumentParser.Argument(help: ArgumentHelp("Held-out data.", valueName: "data"))
  var data: [String]

  @OptionGroup var corpus: CorpusOptions

  @Option(
    help: ArgumentHelp("The folder at which pictures' paths start (default: the file's).", valueName: "dir"))
  var images: String?

  @Option(
    help: ArgumentHelp(
      "Training data whose most frequent answers are the baseline: may be repeated.", valueName: "file"))
  var majorityFrom: [String] = []

  @Option(help: ArgumentHelp("Tokens of an answer at most.", valueName: "n"))
  var maxAnswer = 48

  @Option(help: ArgumentHelp("Questions that are answered together.", valueName: "n"))
  var batch = 50

  @Flag(inversion: .prefixedNo, help: "Also with other samples' pictures and with blank ones.")
  var controls = true

  @Flag(help: "Print JSON.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "Write every question with its reference and replies, a line each.", valueName: "file.jsonl"))
  var answers: String?

  @Option(
    help: ArgumentHelp(
      "Write a page with the tables and some answers with their pictures.", valueName: "file.html"))
  var report: String?

  @Option(help: ArgumentHelp("Answers of each set that the page shows.", valueName: "n"))
  var show = 12

  func validate() throws {
    for (name, value) in [("--max-answer", maxAnswer), ("--batch", batch), ("--show", show)] where value < 1 {
      throw ValidationError("\(name) must be 1 or more, got \(value)")
    }
    if data.isEmpty { throw ValidationError("data to measure on is needed") }
  }

  func run() throws {
    if try Checkpoint(model.directory).rewardHead != nil,
      try corpus.sources(data, images: images).allSatisfy({ try $0.resolvedFormat() == .preferences })
    {
      return try judge()
    }
    let (opened, prompts) = try model.open()
    guard let llava = opened as? LlavaModel, let processor = prompts as? Processor else {
      throw TesseraError(
        .invalidArgument(name: "the model", expected: "a LLaVA directory", got: "a decoder alone"),
        path: model.directory)
    }
    let builder = SampleBuilder(processor)
    let fixed = try processor.fixedSize()
    // Looked through before the first answer: what is wrong with the last set is told at once.
    let sources = try corpus.sources(data, images: images)
    let sets = try sources.map { try open($0, isOnlyOne(of: sources, $0), builder, fixed) }
    let line = MakeProgress()
    defer { line.finish() }
    var results: [(set: HeldOutSet, result: HeldOutSet.Result)] = []
    for set in sets {
      let result = try set.measure(
        llava,
        progress: { sight, done, count in
          line.update("\(set.name), \(sight.rawValue) pictures: \(done) of \(count) questions")
        })
      results.append((set, result))
    }
    line.finish()
    if let answers { try Self.write(results.map(\.result), to: answers) }
    if let report {
      let answers = try results.flatMap { try $0.result.histories(show) }
      try page(results.map(\.result.table), answers: answers).write(to: report)
    }
    print(
      json
        ? jsonText(results.map(\.result.table))
        : results.map { $0.result.table.lines.joined(separator: "\n") }.joined(separator: "\n"))
    for path in [answers, report].compactMap({ $0 }) { Talk.say("tessera-vlm: written: \(path.visible)") }
  }

  /// Puts preferences to a reward model.
  private func judge() throws {
    guard answers == nil, model.adapter == nil, majorityFrom.isEmpty else {
      throw TesseraError(
        .invalidArgument(
          name: "--answers, --adapter and --majority-from",
          expected: "none where a reward model scores pairs",
          got: "one of them"))
    }
    if let threads = model.threads { TorchRuntime.threads = threads }
    let reward = try RewardModel(Checkpoint(model.directory), type: .float32)
    let processor = try Processor(model.directory, reward.trunk.config)
    let (builder, fixed) = (SampleBuilder(processor), try processor.fixedSize())
    let sources = try corpus.sources(data, images: images)
    let sets = try sources.map { source in
      var set = PairEvaluator(
        isOnlyOne(of: sources, source) ? source.title : source.path,
        try TrainingSource.open(source, builder, fixed: fixed, shortens: true, compares: true), builder,
        isFixedSize: fixed != nil)
      set.batch = batch
      return set
    }
    let tables = try sets.map { set in
      var scores: [Evaluator.Sight: PairScores] = [:]
      for sight in controls ? Evaluator.Sight.allCases : [.real] {
        scores[sight] = try PairScores(set.pairs(reward, sight))
      }
      return EvaluationTable(set.name, PairScores.rows(scores))
    }
    if let report { try page(tables, answers: []).write(to: report) }
    print(json ? jsonText(tables) : tables.map { $0.lines.joined(separator: "\n") }.joined(separator: "\n"))
    if let report { Talk.say("tessera-vlm: written: \(report.visible)") }
  }

  private func isOnlyOne(of sources: [CorpusSource], _ source: CorpusSource) -> Bool {
    sources.count { $0.title == source.title } == 1
  }

  private func open(
    _ source: CorpusSource, _ isOnlyOne: Bool, _ builder: SampleBuilder, _ fixed: Size?
  ) throws -> HeldOutSet {
    let isText = try source.resolvedFormat() == .text
    let content = try TrainingSource.open(
      source, builder, fixed: fixed, blocks: isText ? builder.processor.config.text.maxPositions : nil,
      shortens: true)
    // Sets of one name are told apart by their paths.
    var set = try HeldOutSet(
      isOnlyOne ? source.title : source.path, content, builder, isFixedSize: fixed != nil)
    set.evaluator?.maximumAnswer = maxAnswer
    set.evaluator?.batch = batch
    set.isControlled = controls
    if !majorityFrom.isEmpty {
      set.majority = MajorityBaseline(
        of: try corpus.unlimited(majorityFrom, images: images).map { try $0.open() })
    }
    return set
  }

  // MARK: what is left behind

  /// A line for each question: what was asked, what was right, what was said with each kind of picture.
  private static func write(_ results: [HeldOutSet.Result], to path: String) throws {
    var text = ""
    for result in results {
      for (index, reply) in (result.replies[.real] ?? []).enumerated() {
        var members: [(key: String, value: JSONText)] = [
          ("set", .string(result.table.title)), ("sample", .string(reply.question.name)),
          ("question", .string(reply.question.words)), ("reference", .string(reply.question.reference)),
          ("reply", .string(reply.answer)), ("right", .bool(reply.isRight)),
          ("stopped", .bool(reply.isStopped)),
        ]
        if let category = reply.question.category { members.append(("category", .string(category))) }
        for sight in [Evaluator.Sight.shuffled, .blank] {
          if let other = result.replies[sight]?[index] {
            members.append((sight.rawValue, .string(other.answer)))
          }
        }
        text += JSONText.object(members).text + "\n"
      }
    }
    try AtomicFile.write(Array(text.utf8), to: path)
  }

  private func jsonText(_ tables: [EvaluationTable]) -> String {
    var members: [(key: String, value: JSONText)] = [("model", .string(model.directory))]
    if let adapter = model.adapter { members.append(("adapter", .string(adapter))) }
    members.append(("majority_from", .array(majorityFrom.map { .string($0) })))
    members.append(("sets", .array(tables.map(\.json))))
    return JSONText.object(members).text
  }

  private func page(_ tables: [EvaluationTable], answers: [AnswerHistory]) throws -> RunReport {
    let name = model.adapter.map { "\(model.directory) with \($0)" } ?? model.directory
    var page = RunReport(title: "evaluation of \(name)", result: "")
    page.evaluations = tables
    page.answers = answers
    page.environment = [
      ReportTable(
        facts: TorchRuntime.report.map { ($0.name, $0.value) } + [("Tessera", TesseraVersion.current)])
    ]
    page.result = tables.map { table in
      let row = table.rows.first
      let value = row?.real.map { row?.format == .share ? ReportNumber.percent($0) : ReportNumber.text($0) }
      return "\(table.title): \(row?.metric ?? "") \(value ?? "")"
    }.joined(separator: "; ")
    return page
  }
}
