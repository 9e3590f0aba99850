/// The report of a run: one page that holds everything it shows, for a browser without scripts and without a network.
public struct RunReport: Sendable {
  public var title: String
  /// What came out, in one sentence.
  public var result: String
  /// The figures that a reader looks for first, with what they are: `97.4 %`, `caption exact match, unseen scenes`.
  public var highlights: [(value: String, name: String)] = []
  /// What each stage is and came to, for the top of the page.
  public var overview: ReportTable?
  /// The same questions asked after every stage.
  public var gallery: [AnswerHistory] = []
  /// The stages on the axis of steps.
  public var stages: [StageSpan] = []
  public var charts: [Chart] = []
  public var evaluations: [EvaluationTable] = []
  public var answers: [AnswerHistory] = []
  public var statistics: [ReportTable] = []
  public var times: [TimeSplit] = []
  /// The resolved configuration as it was kept with the run: YAML.
  public var configuration = ""
  /// Versions, machine, threads.
  public var environment: [ReportTable] = []
  /// Warnings and what else happened, in their order.
  public var events: [RunEvent] = []
  /// What made the page and when, at its end.
  public var footer = ""

  public init(title: String, result: String) { (self.title, self.result) = (title, result) }

  /// Takes the charts, stages and events of a log.
  public mutating func add(_ curves: TrainingCurves) {
    stages = curves.stages
    charts += curves.charts
    events += curves.events
  }

  /// The page.
  public func html() -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8">
    <meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>\(HTML.escaped(title))</title>
    <style>
    \(ReportStyle.css)
    </style>
    </head>
    <body>
    <main>
    <header>
    <h1>\(HTML.escaped(title))</h1>
    <p class="result">\(HTML.escaped(result))</p>
    \(tiles)\(warnings)
    </header>
    \(sections.map { section($0.id, $0.title, $0.body) }.joined(separator: "\n"))
    </main>
    <footer>\(HTML.escaped(footer))</footer>
    </body>
    </html>

    """
  }

  /// The sections that have something to show.
  private var sections: [(id: String, title: String, body: String)] {
    func list(_ answers: [AnswerHistory]) -> String {
      answers.isEmpty ? "" : "<div class=\"answers\">\(answers.map(\.html).joined(separator: "\n"))</div>"
    }
    let configuration = self.configuration.isEmpty ? "" : "<pre>\(HTML.escaped(self.configuration))</pre>"
    let events =
      self.events.isEmpty
      ? "" : "<ul class=\"events\">\(self.events.map(\.html).joined(separator: "\n"))</ul>"
    return [
      ("stages", "What each stage learned", overview?.html ?? ""),
      ("gallery", "The same \(gallery.count) questions after every stage", list(gallery)),
      ("evaluation", "Evaluation", evaluations.map(\.html).joined(separator: "\n")),
      ("answers", "Answers through time", list(answers)),
      ("curves", "Curves", figures),
      ("time", "Where the time went", times.map(\.html).joined(separator: "\n")),
      ("data", "Data", statistics.map(\.html).joined(separator: "\n")),
      ("events", "Events", events),
      ("configuration", "Configuration", configuration),
      ("environment", "Environment", environment.map(\.html).joined(separator: "\n")),
    ].filter { !$0.2.isEmpty }
  }

  private func section(_ id: String, _ title: String, _ body: String) -> String {
    "<section id=\"\(id)\"><h2>\(title)</h2>\n\(body)</section>"
  }

  private var tiles: String {
    guard !highlights.isEmpty else { return "" }
    let items = highlights.map {
      "<div><b>\(HTML.escaped($0.value))</b><span>\(HTML.escaped($0.name))</span></div>"
    }
    return "<div class=\"tiles\">\(items.joined())</div>"
  }

  private var warnings: String {
    let count = events.count(where: \.isWarning)
    guard count > 0 else { return "" }
    return
      "<p class=\"warned\"><a href=\"#events\">⚠ \(count == 1 ? "1 warning" : "\(count) warnings")</a></p>"
  }

  private var figures: String {
    guard !charts.isEmpty else { return "" }
    return "<div class=\"charts\">"
      + charts.enumerated().map { figure($1, number: $0) }.joined(separator: "\n") + "</div>"
  }

  /// A chart with its legend; where the reader has the choice, both scales, of which a style sheet shows one.
  private func figure(_ chart: Chart, number: Int) -> String {
    let linear = chart.scale == .logarithmic ? nil : ChartDrawing(chart, stages: stages, isLogarithmic: false)
    let logarithmic = chart.scale == .linear ? nil : ChartDrawing(chart, stages: stages, isLogarithmic: true)
    var out = "<figure class=\"\(chart.isWide ? "wide" : "half")\">"
    let hasChoice = linear != nil && logarithmic != nil
    if hasChoice {
      out +=
        "<input type=\"radio\" name=\"s\(number)\" id=\"s\(number)a\" class=\"a\" checked>"
        + "<input type=\"radio\" name=\"s\(number)\" id=\"s\(number)b\" class=\"b\">"
    }
    out += "<figcaption><span class=\"name\">\(HTML.escaped(chart.title))"
    if !chart.unit.isEmpty { out += " <span class=\"sub\">\(HTML.escaped(chart.unit))</span>" }
    out += "</span>"
    if hasChoice {
      out +=
        "<span class=\"switch\"><label for=\"s\(number)a\">linear</label><label for=\"s\(number)b\">log</label></span>"
    }
    if chart.curves.count > 1 {
      out +=
        "<span class=\"keys\">"
        + zip(chart.curves, chart.colours).map { curve, colour in
          "<span><i class=\"p\(colour)\(curve.style == .faint ? " faint" : "")\"></i>\(HTML.escaped(curve.name))</span>"
        }.joined() + "</span>"
    }
    out += "</figcaption>"
    if let linear { out += "<div class=\"linear\">\(linear.svg)</div>" }
    if let logarithmic { out += "<div class=\"\(hasChoice ? "log" : "only")\">\(logarithmic.svg)</div>" }
    return out + "</figure>"
  }
}
