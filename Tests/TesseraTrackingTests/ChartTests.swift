import Foundation
import TesseraTracking
import Testing

@Suite("charts")
struct ChartTests {
  static let ranges: [(Double, Double)] = [
    (0, 1), (0.02, 5.8), (14_700, 16_500), (1e-6, 2e-3), (-3, 8), (5, 5), (0, 0), (-1e9, 1e12),
    (0.999, 1.001),
  ]

  @Test("a linear axis holds all values between its labels, few and round ones", arguments: ranges)
  func linear(_ low: Double, _ high: Double) {
    let axis = AxisScale.linear([low, high, .nan, .infinity])
    #expect(axis.lower <= low && axis.upper >= high && axis.lower < axis.upper)
    #expect(axis.ticks.first == axis.lower && (2...9).contains(axis.ticks.count), "\(axis.ticks)")
    #expect(
      Set(axis.ticks.map { ReportNumber.tick($0) }).count == axis.ticks.count, "labels differ: \(axis.ticks)")
    for value in [low, high] { #expect((0...1).contains(axis.place(value) ?? -1)) }
    #expect(axis.place(.nan) == nil && axis.place(axis.upper) == 1)
  }

  @Test(
    "a logarithmic axis holds all values over zero",
    arguments: [(1e-6, 2e-3), (0.02, 5.8), (3, 3), (1, 10), (1e-30, 1e30)])
  func logarithmic(_ low: Double, _ high: Double) throws {
    let axis = try #require(AxisScale.logarithmic([low, high, 0, -1, .nan]))
    #expect(
      axis.lower <= low * 1.001 && axis.upper >= high * 0.999 && (2...10).contains(axis.ticks.count),
      "\(axis)")
    #expect(axis.place(0) == nil && axis.place(-1) == nil)
    let middle = (low * high).squareRoot()
    let places = [low, middle, high].compactMap { axis.place($0) }
    #expect(abs(places[0] + places[2] - 2 * places[1]) < 1e-9)
  }

  @Test("values of which none is over zero have no logarithmic axis")
  func noLogarithm() {
    #expect(AxisScale.logarithmic([0, -1, .nan]) == nil)
    var report = RunReport(title: "", result: "")
    report.charts = [Chart("c", [Curve("x", [(1, 0), (2, -1)])])]
    #expect(!report.html().contains("<input"))
    report.charts = [Chart("c", [Curve("x", [(1, 0), (2, 1)])])]
    #expect(report.html().contains("<input"))
  }

  @Test("smoothing keeps constants and slopes, takes noise away, and starts anew at a break")
  func smoothing() {
    let flat = Curve("c", (1...200).map { (Double($0), 3) }).smoothed(over: 20, name: "s")
    #expect(flat.points.count == 200 && flat.points.allSatisfy { abs($0.y - 3) < 1e-12 })
    let slope = Curve("c", (1...200).map { (Double($0), 100 - Double($0) / 2) }).smoothed(over: 20, name: "s")
    // At its very end there is nothing to look ahead to.
    for point in slope.points.dropLast(10) { #expect(abs(point.y - (100 - point.x / 2)) < 1e-9) }
    let noise = Curve("c", (1...400).map { (Double($0), $0 % 2 == 0 ? 1 : -1) }).smoothed(over: 40, name: "s")
    #expect(noise.points.dropFirst(20).dropLast(20).allSatisfy { abs($0.y) < 0.01 })
    let steps = Curve("c", (1...100).map { (Double($0), $0 <= 50 ? 0 : 9) }).smoothed(
      over: 40, name: "s", breaks: [0, 50])
    #expect(steps.points.map(\.y) == (1...100).map { $0 <= 50 ? 0 : 9 })
    let gap = Curve("c", [(1, 2), (2, .nan), (3, 2)]).smoothed(over: 8, name: "s")
    #expect(gap.points.map(\.x) == [1, 3] && gap.points.map(\.y) == [2, 2])
  }

  @Test(
    "of a hundred thousand steps the one peak and the one loss that is no number are still drawn, on a small page"
  )
  func thinning() throws {
    var points = (1...100_000).map { (x: Double($0), y: 0.0) }
    points[54_320].y = 1
    points[70_000].y = .nan
    var report = RunReport(title: "", result: "")
    report.charts = [Chart("c", [Curve("x", points)], scale: .linear)]
    let page = report.html()
    #expect(page.utf8.count < 150_000)
    // 20 is the top of the drawing.
    #expect(page.contains(#/L[\d.]+ 20L/#))
    #expect(page.contains("step 70001: x is not a number"))
  }

  @Test("a log becomes charts: stages one after another, losses raw and smoothed, and the events")
  func curves() throws {
    var entries: [LogEntry] = []
    for (stage, steps) in [("align", 40), ("sft", 30)] {
      entries.append(LogEntry(.session, stage: stage, step: 0, [(LogField.message, "started")]))
      for step in 1...steps {
        entries.append(
          LogEntry(
            .train, stage: stage, step: step,
            [
              (LogField.loss, .number(1 / Double(step))), (LogField.learningRate, 0.001),
              (LogField.gradientNorm, 1.5),
            ],
            measured: [(LogField.tokensPerSecond, 15_000), (LogField.dataWait, 0.01)]))
      }
      entries.append(LogEntry(.validation, stage: stage, step: steps, [(LogField.loss, 0.5)]))
    }
    entries.append(
      LogEntry(.event, stage: "sft", step: 9, [("skipped", "a.png"), (LogField.isWarning, true)]))
    let curves = TrainingCurves(entries)
    #expect(
      curves.stages == [StageSpan("align", start: 0, steps: 40), StageSpan("sft", start: 40, steps: 30)])
    #expect(
      curves.charts.map(\.title) == [
        "Loss for each supervised token", "Learning rate", "Gradient norm", "Tokens a second",
        "Waiting for data",
      ])
    let losses = curves.charts[0].curves
    #expect(losses.map(\.name) == ["training", "training, smoothed", "validation"])
    #expect(losses[0].points.map(\.x) == (1...70).map { Double($0) })
    #expect(losses[2].points.map(\.x) == [40, 70])
    #expect(curves.charts[4].curves[0].points.allSatisfy { $0.y == 1 })
    #expect(curves.events.map(\.message) == ["started", "started", #"skipped: "a.png""#])
    #expect(curves.events.map(\.isWarning) == [false, false, true])
    var report = RunReport(title: "", result: "")
    report.add(curves)
    let page = report.html()
    #expect(page.contains("sft, step 30") && page.contains("⚠ 1 warning"))
  }

  @Test("reinforcement learning's log gives the reward beside the true score, in one chart and one table")
  func meter() throws {
    var entries = [
      LogEntry(.look, stage: "rl", step: 0, [("reward", 0.1), ("true_score", 0.5), ("stop_rate", 1.0)])
    ]
    for step in 1...4 {
      entries.append(
        LogEntry(.train, stage: "rl", step: step, [(LogField.loss, 0.25), (LogField.learningRate, 1e-4)]))
      entries.append(
        LogEntry(
          .rollout, stage: "rl", step: step,
          [
            ("reward", .number(Double(step))), ("true_score", 0.25), ("kl", 0.5), ("entropy", 1.5),
            ("length", 20.0),
            ("stop_rate", 1.0),
          ]))
    }
    entries.append(
      LogEntry(.look, stage: "rl", step: 4, [("reward", 2.0), ("true_score", 0.25), ("stop_rate", 0.75)]))
    let curves = TrainingCurves(entries)
    // What is minimised there is no measure: no chart of it.
    #expect(curves.charts.map(\.title) == ["Reward and true score", "Learning rate"])
    let chart = curves.charts[0]
    #expect(chart.curves.count == 8)
    #expect(
      chart.curves[0].points.map(\.y) == [1, 2, 3, 4] && chart.curves[3].points.map(\.y) == [0.5, 0.25])
    // Tens of tokens, so that all have one scale.
    #expect(chart.curves[6].points.map(\.y) == [2, 2, 2, 2])
    let table = try #require(ReportTable.meter(entries, stage: "rl"))
    #expect(
      table.rows.map { $0[0] } == ["0", "4"] && table.rows[1][5] == "4.000" && table.rows[0][5].isEmpty)
    #expect(ReportTable.meter(entries, stage: "sft") == nil)
  }

  @Test("a line ends where its stage does")
  func stageBreak() {
    var report = RunReport(title: "", result: "")
    report.stages = [StageSpan("a", start: 0, steps: 2), StageSpan("b", start: 2, steps: 2)]
    report.charts = [Chart("c", [Curve("x", [(1, 1), (2, 1), (3, 2), (4, 2)])], scale: .linear)]
    #expect(report.html().contains(#/path d="M[\d. ]+L[\d. ]+M[\d. ]+L[\d. ]+"/#))
  }

  @Test("numbers are printed short")
  func numbers() {
    #expect(
      [0.123456, 1.5, 12_345, 3.2e-7, 0, -2.5].map { ReportNumber.text($0) } == [
        "0.1235", "1.5", "12\u{2009}345", "3.2e-07", "0", "−2.5",
      ])
    #expect(
      [0, 0.0005, 1500, 20_000, 2.5e6, 1e-6].map { ReportNumber.tick($0) } == [
        "0", "0.0005", "1500", "20k", "2.5M", "1e-6",
      ])
    #expect(ReportNumber.percent(0.974) == "97.4\u{2009}%" && ReportNumber.text(.nan) == "not a number")
  }
}

extension ChartTests {
  @Test("a chart over a rate has a logarithmic foot with its name, and says the rate at each place")
  func foot() {
    var chart = Chart(
      "Loss", [Curve("loss", (0..<7).map { (x: [1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1][$0], y: Double($0)) })])
    chart.foot = .logarithmic("learning <rate>")
    var report = RunReport(title: "", result: "")
    report.charts = [chart]
    let page = report.html()
    #expect(page.contains(">learning &lt;rate&gt;</text>") && !page.contains(">step</text>"))
    #expect(page.contains("<title>learning &lt;rate&gt; 0.001\nloss: 3"))
    // The decades lie at equal distances.
    let places = page.split(separator: "<path d=\"M").dropFirst().first?.split(separator: "\"").first ?? ""
    let columns = places.split(separator: "L").compactMap { Double($0.split(separator: " ")[0]) }
    #expect(columns.count == 7)
    for (a, b) in zip(columns, columns.dropFirst()) { #expect(abs(b - a - (columns[1] - columns[0])) < 0.2) }
  }
}
