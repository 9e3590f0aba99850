import Foundation
import TestSupport
import TesseraTracking
import Testing

@Suite("a report out of a log")
struct ReportLogTests {
  /// Writes lines and reads them back from the file, as a resumed run does.
  static func logged(_ entries: [LogEntry]) throws -> [LogEntry] {
    let folder = try TemporaryFolder()
    let log = try RunLog(folder.path + "/log.jsonl")
    for entry in entries { try log.append(entry) }
    return try RunLog.entries(of: log.path)
  }

  @Test("evaluations come back from the log as they were written, the last of each stage")
  func evaluations() throws {
    let rows: [EvaluationTable.Row] = [
      .init("exact match", count: 100, real: 0.97, shuffled: 0.01, blank: 0, heldOut: 0.6),
      .init("exact match", category: "colour", count: 20, real: 1, shuffled: 0.125),
      .init("BLEU", format: .score(decimals: 1), real: 98.25),
      .init("loss", format: .loss(decimals: 4), real: .nan),
    ]
    var entries = [
      LogEntry.evaluation(.init("exact match", real: 0.1), table: "captions", stage: "a", step: 5)
    ]
    entries += rows.map { .evaluation($0, table: "captions", stage: "a", step: 10) }
    entries += [.evaluation(rows[0], table: "captions", stage: "b", step: 10)]
    let tables = EvaluationTable.tables(try Self.logged(entries))
    #expect(tables.map(\.title) == ["captions (a)", "captions (b)"])
    #expect(Array(tables[0].rows.dropLast()) == Array(rows.dropLast()) && tables[1].rows == [rows[0]])
    #expect(tables[0].rows[3].real?.isNaN == true && tables[0].rows[3].format == .loss(decimals: 4))
  }

  @Test("answers come back from the log by sample and question, each with its picture")
  func answers() throws {
    let entries = try Self.logged([
      .sample("a.png", question: "q", answer: "1", expected: "2", isRight: false, stage: "s", step: 0),
      .sample("b.png", question: "q", answer: "x", stage: "s", step: 0),
      .sample("a.png", question: "q", answer: "2", expected: "2", isRight: true, stage: "s", step: 9),
      .sample("a.png", question: "other", answer: "", stage: "s", step: 9),
    ])
    let histories = AnswerHistory.histories(entries) { $0 == "a.png" ? [1] : nil }
    #expect(
      histories == [
        AnswerHistory(
          picture: [1], name: "a.png", question: "q", expected: "2",
          answers: [
            .init(stage: "s", step: 0, "1", isRight: false), .init(stage: "s", step: 9, "2", isRight: true),
          ]),
        AnswerHistory(picture: nil, name: "b.png", question: "q", answers: [.init(stage: "s", step: 0, "x")]),
        AnswerHistory(
          picture: [1], name: "a.png", question: "other", answers: [.init(stage: "s", step: 9, "")]),
      ])
  }

  @Test("the seconds of steps add up to the time split of their stage")
  func times() throws {
    func step(_ stage: String, _ step: Int) -> LogEntry {
      LogEntry(
        .train, stage: stage, step: step, [(LogField.loss, 1)],
        measured: [("seconds_data", 0.5), ("seconds_forward", 1.25), (LogField.tokensPerSecond, 9)])
    }
    let splits = TimeSplit.splits(try Self.logged([step("a", 1), step("a", 2), step("b", 1)]))
    #expect(
      splits == [
        TimeSplit("a", [("data", 1), ("forward", 2.5)]), TimeSplit("b", [("data", 0.5), ("forward", 1.25)]),
      ])
  }

  @Test("a whole report comes out of a log")
  func whole() throws {
    var report = RunReport(title: "t", result: "r")
    report.add(
      log: try Self.logged([
        LogEntry(.train, stage: "a", step: 1, [(LogField.loss, 2)], measured: [("seconds_data", 1)]),
        .sample("x", question: "q?", answer: "yes", stage: "a", step: 1),
        .evaluation(.init("m", real: 0.5), table: "e", stage: "a", step: 1),
        LogEntry(.event, stage: "a", step: 1, [(LogField.message, "hm")]),
      ])
    ) { _ in ReportTests.png }
    let page = report.html()
    for id in ["evaluation", "answers", "curves", "time", "events"] {
      #expect(page.contains("<section id=\"\(id)\">"))
    }
    #expect(page.contains("data:image/png;base64,iVBORw0KGgo"))
  }
}
