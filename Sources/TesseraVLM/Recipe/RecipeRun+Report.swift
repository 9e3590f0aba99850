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
    let stages = recipe.stages.filter { FileIO.size("\(folder)/\($0.name)/log.jsonl") != nil }
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
    report.result = Self.result(report)
    report.configuration = try keptRecipe ?? recipe.yaml
    report.environment = [
      ReportTable(
        facts: TorchRuntime.report.map { ($0.name, $0.value) } + [("Tessera", TesseraVersion.current)])
    ]
    try report.write(to: "\(folder)/report.html")
  }

  /// One sentence: what the last stage's answers are worth.
  private static func result(_ report: RunReport) -> String {
    let rows = report.evaluations.compactMap { table in
      table.rows.first { $0.format == .share }.map { (table.title, $0) }
    }
    func percent(_ share: Double?) -> String {
      share.map { "\(($0 * 1000).rounded() / 10) %" } ?? "?"
    }
    return rows.map { title, row in
      var text = "\(title): \(percent(row.real))"
      if let shuffled = row.shuffled { text += " (\(percent(shuffled)) with other pictures)" }
      return text
    }.joined(separator: "; ")
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
    guard FileIO.size(path) != nil else { return [] }
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
