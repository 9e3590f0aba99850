private import Foundation
internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData
internal import TesseraTracking

extension RecipeRun {
  /// Writes `report.html`: what every stage so far learned, with its controls, on one page.
  ///
  /// - Throws: what the logs and the writer throw.
  func writeReport() throws {
    let stages = try recipe.stages.filter { try FileIO.sizeIfThere("\(folder)/\($0.name)/log.jsonl") != nil }
    guard !stages.isEmpty else { return }
    var report = RunReport(title: recipe.name, result: "")
    for stage in stages {
      let place = "\(folder)/\(stage.name)"
      let entries = try RunLog.entries(of: "\(place)/log.jsonl")
      let pictures = try stage.evaluations.first.map { evaluation in
        try Question.spread(Question.all(of: resolve(evaluation.source).open()), evaluation.samples)
          .map(\.pictures.first)
      }
      var part = RunReport(title: "", result: "")
      try part.add(log: entries) { sample in
        guard let index = Int(sample), let pictures, pictures.indices.contains(index) else { return nil }
        return try pictures[index]?.encodedBytes()
      }
      report.take(part)
      if let meter = ReportTable.meter(entries, stage: stage.name) { report.statistics.append(meter) }
      let facts = try StageFacts.read("\(place)/facts.json")
      report.statistics += facts.filter { !$0.facts.isEmpty }.map {
        ReportTable("\(stage.name): \($0.title)", facts: $0.facts.map { ($0[0], $0[1]) })
      }
      report.events += facts.compactMap(\.warning).map {
        RunEvent(stage: stage.name, step: 0, $0, isWarning: true)
      }
    }
    report.overview = try overview(stages)
    report.gallery = try gallery(stages)
    report.result = Self.result(report)
    report.configuration = try keptRecipe ?? recipe.yaml
    report.environment = [
      ReportTable(
        facts: TorchRuntime.report.map { ($0.name, $0.value) } + [("Tessera", TesseraVersion.current)])
    ]
    try report.write(to: "\(folder)/report.html")
  }

  /// Whether the report is no older than what it tells of: a run may have ended between a stage's last line and it.
  func hasNewReport() throws -> Bool {
    guard try FileIO.sizeIfThere("\(folder)/report.html") != nil,
      let written = FileIO.changed("\(folder)/report.html")
    else { return false }
    return recipe.stages.allSatisfy { stage in
      ["\(folder)/\(stage.name)/log.jsonl", askedPath(stage)].allSatisfy {
        FileIO.changed($0).map { $0 <= written } ?? true
      }
    }
  }

  /// The answers to the recipe's `ask`, each question with the stages' answers one under another.
  private func gallery(_ stages: [StageRecipe]) throws -> [AnswerHistory] {
    let entries = try stages.map(askedPath).filter { try FileIO.sizeIfThere($0) != nil }.flatMap(
      RunLog.entries(of:))
    guard !entries.isEmpty else { return [] }
    let pictures = try askedQuestions().flatMap { $0.questions.map(\.pictures.first) }
    return try AnswerHistory.histories(entries) { sample in
      guard let index = Int(sample), pictures.indices.contains(index) else { return nil }
      return try pictures[index]?.encodedBytes()
    }
  }

  /// A row for each thing that a stage was measured by; nil for one stage alone.
  private func overview(_ stages: [StageRecipe]) throws -> ReportTable? {
    guard stages.count > 1 else { return nil }
    var rows: [[String]] = []
    for stage in stages {
      let entries = try RunLog.entries(of: "\(folder)/\(stage.name)/log.jsonl")
      let steps = entries.last { $0.kind == .train }?.step ?? 0
      let seconds = TimeSplit.splits(entries).flatMap(\.parts).reduce(0) { $0 + $1.seconds }
      let minutes = (seconds / 6).rounded() / 10
      var measured = EvaluationTable.tables(entries).compactMap(Self.measured)
      let losses = entries.filter { $0.kind == .validation }.compactMap { $0[LogField.loss]?.number }
      if measured.isEmpty, let first = losses.first, let last = losses.last {
        let decimals = 1000.0
        measured = [
          [
            "held-out loss per token, first and last look",
            "\((first * decimals).rounded() / decimals) → \((last * decimals).rounded() / decimals)", "", "",
          ]
        ]
      }
      if measured.isEmpty { measured = [["nothing held out", "", "", ""]] }
      let head = [stage.name, stage.kind.lesson, "\(steps)", "\(minutes)"]
      rows += measured.enumerated().map { number, cells in (number == 0 ? head : ["", "", "", ""]) + cells }
    }
    return ReportTable(
      headers: ["stage", "learns", "steps", "minutes", "measured by", "result", "other pictures", "blank"],
      rows,
      note:
        "Other pictures: the same questions beside the picture of another sample, which no model should answer by seeing."
    )
  }

  /// What a table comes to: what was measured, the result, and the same with other and with blank pictures; nil for none.
  private static func measured(_ table: EvaluationTable) -> [String]? {
    // A reward's curve over the number of draws is one result.
    let curve = table.rows.compactMap { row in BestOfN.draws(ofMetric: row.metric).map { ($0, row.real) } }
    if curve.count > 1 {
      let draws = curve.map { "\($0.0)" }.joined(separator: ", ")
      return [
        "\(table.title): right answers, best of \(draws) by score",
        curve.map { percent($0.1) }.joined(separator: ", "), "", "",
      ]
    }
    guard let row = table.rows.first(where: { $0.format == .share }) else { return nil }
    return [
      "\(table.title): \(row.metric)", percent(row.real), row.shuffled.map(percent) ?? "",
      row.blank.map(percent) ?? "",
    ]
  }

  private static func percent(_ share: Double?) -> String {
    share.map { "\(($0 * 1000).rounded() / 10) %" } ?? "?"
  }

  /// One sentence: what the last stage that was measured is worth.
  private static func result(_ report: RunReport) -> String {
    let rows = report.evaluations.compactMap { table in
      table.rows.first { $0.format == .share }.map { (table, $0) }
    }
    // With a table of all stages on the page, the last one's rows are what it comes to.
    let shown = report.overview == nil ? rows[...] : rows.suffix(2)
    return shown.map { table, row in
      var text = "\(table.title): \(percent(row.real))"
      if let shuffled = row.shuffled { text += " (\(percent(shuffled)) with other pictures)" }
      return text
    }.joined(separator: "; ")
  }
}

extension StageRecipe.Kind {
  /// What a stage of the kind learns, for people.
  fileprivate var lesson: String {
    switch self {
    case .pretrain: "language: which token comes next"
    case .align: "to see: captions of pictures"
    case .sft: "to do what it is asked"
    case .reward: "which of two answers is better"
    case .rl: "from the score of its own answers"
    case .dpo: "from better and worse answers"
    }
  }
}

extension RunReport {
  /// Puts another stage's part behind this one's: curves go on where they stopped.
  fileprivate mutating func take(_ other: RunReport) {
    stages += other.stages
    charts += other.charts
    evaluations += other.evaluations
    answers += other.answers
    times += other.times
    events += other.events
  }
}

/// What was found about a stage's data before its first step, kept beside its log for the report.
struct StageFacts: Codable {
  var title: String
  /// Pairs of name and value.
  var facts: [[String]]
  /// What a reader must know of it; nil for nothing.
  var warning: String?

  static func read(_ path: String) throws -> [StageFacts] {
    guard try FileIO.sizeIfThere(path) != nil else { return [] }
    do {
      return try JSONDecoder().decode([StageFacts].self, from: Data(try FileIO.read(path, limit: 1 << 24)))
        .filter { $0.facts.allSatisfy { $0.count == 2 } }
    } catch let error as DecodingError {
      throw TesseraError(.corrupt(format: "the stage's facts", detail: "\(error)"), path: path)
    }
  }

  static func write(_ facts: [StageFacts], to path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try AtomicFile.write(Array(try encoder.encode(facts)), to: path)
  }
}
