import Foundation
import TestSupport
import TesseraCore
import TesseraTracking
import Testing

@Suite("the report of a run")
struct ReportTests {
  /// Text that somebody else may have written, in all places at once.
  static let hostile = [
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onmouseover='alert(1)", "&lt;&amp;",
    "</title></style>",
    "</pre></bdi></div>", "]]>--><!--", "a\u{0}b\u{1B}[31m", "\u{202E}evil", "红 🎈", "javascript:alert(1)",
  ]
  static let png = [
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
  ].compactMap { Data(base64Encoded: $0) }.map { [UInt8]($0) }[0]

  static func full(_ text: String) -> RunReport {
    var report = RunReport(title: text, result: text)
    report.highlights = [(text, text)]
    report.stages = [StageSpan(text, start: 0, steps: 4), StageSpan(text, start: 4, steps: 6)]
    report.charts = [
      Chart(
        text, unit: text,
        [Curve(text, [(1, 1), (2, .nan), (3, 2), (5, 10)]), Curve(text, [(2, 3)], style: .dots)])
    ]
    report.evaluations = [
      EvaluationTable(text, [.init(text, category: text, count: 3, real: 0.5, shuffled: 0.1)], note: text)
    ]
    report.answers = [
      AnswerHistory(
        picture: Self.png, name: text, question: text, expected: text,
        answers: [.init(stage: text, step: 1, text)]),
      AnswerHistory(picture: Array("no picture".utf8), name: text, question: text, answers: []),
    ]
    report.statistics = [ReportTable(text, headers: [text, text], [[text, text]], note: text)]
    report.times = [TimeSplit(text, [(text, 1), (text, 2)])]
    report.configuration = text
    report.environment = [ReportTable(facts: [(text, text)])]
    report.events = [RunEvent(stage: text, step: 3, text, isWarning: true)]
    report.footer = text
    return report
  }

  /// What a browser would find in a page: its tags, attributes that do something, its text.
  struct Found: Decodable {
    var tags: [String]
    var doing: [String]
    var text: String
    var attributes: [String]
    var unbalanced: [String]
    var drawings: Int
  }

  static let parser = """
    import re, html.parser, xml.etree.ElementTree as ET
    class P(html.parser.HTMLParser):
        tags, doing, text, attributes, open, unbalanced = set(), [], [], [], [], []
        def handle_starttag(self, tag, attrs):
            self.tags.add(tag)
            if tag not in ("meta", "input", "img", "line", "circle"): self.open.append(tag)
            for name, value in attrs:
                self.attributes.append(value or "")
                if name.startswith("on") or name in ("href", "src", "action", "xlink:href", "srcset", "formaction"):
                    self.doing.append(f"{name}={(value or '')[:20]}")
        def handle_startendtag(self, tag, attrs):
            self.handle_starttag(tag, attrs)
            if self.open and self.open[-1] == tag: self.open.pop()
        def handle_endtag(self, tag):
            if not self.open or self.open.pop() != tag: self.unbalanced.append(tag)
        def handle_data(self, data):
            if "style" not in self.open: self.text.append(data)
    for name in ("doing", "text", "attributes", "open", "unbalanced"): setattr(P, name, [])
    p = P(convert_charrefs=True); P.tags = set(); p.feed(page); p.close()
    drawings = [ET.fromstring(s) for s in re.findall(r"<svg.*?</svg>", page, re.S)]
    out = {"tags": sorted(p.tags), "doing": p.doing, "text": "".join(p.text), "attributes": p.attributes,
           "unbalanced": p.unbalanced + p.open, "drawings": len(drawings)}
    """

  static func parse(_ page: String) async throws -> Found {
    try await Oracle.pillow13.run(parser, ["page": .string(page)]).json(Found.self)
  }

  static let ownTags: Set<String> = [
    "html", "head", "meta", "title", "style", "body", "main", "header", "footer", "section", "h1", "h2", "h3",
    "p", "div",
    "b", "span", "a", "figure", "figcaption", "input", "label", "svg", "line", "text", "g", "path", "circle",
    "rect",
    "article", "img", "ol", "ul", "li", "details", "summary", "bdi", "table", "thead", "tbody", "tr", "th",
    "td", "i", "pre",
  ]

  @Test("text from outside is shown as it is, wherever it stands, and does nothing", arguments: hostile)
  func escaped(_ text: String) async throws {
    let found = try await Self.parse(Self.full(text).html())
    #expect(Set(found.tags).subtracting(Self.ownTags).isEmpty, "\(found.tags)")
    #expect(found.unbalanced.isEmpty, "\(found.unbalanced)")
    #expect(
      found.doing.allSatisfy { $0.hasPrefix("src=data:image/png") || $0 == "href=#events" }, "\(found.doing)")
    let shown = text.replacing("\u{0}", with: "\u{2400}").replacing("\u{1B}", with: "\u{241B}")
    // Title twice, result, tile, stage names, chart, legend, table, note, answers, statistics, times, and so on.
    #expect(found.text.components(separatedBy: shown).count > 25)
    #expect(found.attributes.contains { $0.contains(shown) })
    #expect(found.drawings == 2)
  }

  @Test("the page asks for nothing from outside, and says so to the browser")
  func selfContained() async throws {
    let page = Self.full("x").html()
    #expect(page.contains("default-src 'none'; img-src data:; style-src 'unsafe-inline'"))
    for word in ["http://", "https://", "url(", "@import", "<script", "<link"] {
      #expect(!page.contains(word), "\(word)")
    }
    #expect(page.contains("prefers-color-scheme: dark") && page.contains("@media print"))
  }

  @Test("sections without content are left out")
  func empty() async throws {
    let page = RunReport(title: "t", result: "r").html()
    #expect(!page.contains("<section") && !page.contains("<svg"))
    #expect(try await Self.parse(page).unbalanced.isEmpty)
  }

  @Test("the visual gain is what the right picture adds, for shares, scores and losses")
  func visualGain() {
    typealias Row = EvaluationTable.Row
    #expect(Row("a", real: 0.9, shuffled: 0.4).visualGain == 0.5)
    #expect(Row("a", format: .score(decimals: 1), real: 30, shuffled: 32).visualGain == -2)
    #expect(Row("a", format: .loss(decimals: 2), real: 0.5, shuffled: 2).visualGain == 1.5)
    #expect(Row("a", real: 0.9).visualGain == nil && Row("a", real: nil, shuffled: 0.1).visualGain == nil)
    var report = RunReport(title: "", result: "")
    report.evaluations = [
      EvaluationTable(
        "e", [Row("m", count: 100, real: 0.9, shuffled: 0.95), Row("l", format: .loss(decimals: 2), real: 1)])
    ]
    let page = report.html()
    #expect(page.contains("<b>−5.0</b>") && page.contains("90.0\u{2009}%") && page.contains("<b>1.00</b>"))
    // Wilson's interval of 90 of 100.
    #expect(page.contains("95 % interval of 100 samples: 82.6\u{2009}% – 94.5\u{2009}%"))
    #expect(!page.contains(">blank<") && !page.contains(">held-out<"))
  }

  @Test("equal answers one after another are one row, and a long history hides its middle")
  func answers() {
    func page(_ texts: [String]) -> String {
      var report = RunReport(title: "", result: "")
      report.answers = [
        AnswerHistory(
          picture: nil, name: "n", question: "q",
          answers: texts.enumerated().map { .init(stage: "s", step: $0 * 10, $1, isRight: $1 == "red") })
      ]
      return report.html()
    }
    let short = page(["blue", "red", "red", "red", ""])
    #expect(
      short.components(separatedBy: "<li").count == 4 && short.contains("s 10–30")
        && short.contains("(nothing)"))
    #expect(short.contains("aria-label=\"right\">✓") && short.contains("aria-label=\"wrong\">✗"))
    let long = page((0..<20).map { "\($0)" })
    #expect(long.contains("<summary>15 more</summary>") && long.components(separatedBy: "<li").count == 21)
  }

  @Test("parts of the time add up to the whole, each with its share")
  func time() {
    var report = RunReport(title: "", result: "")
    report.times = [
      TimeSplit("sft", [("data", 1), ("forward", 69), ("backward", 130)]), TimeSplit("none", []),
    ]
    let page = report.html()
    #expect(
      page.contains("sft: 3 min 20 s") && page.contains("<b>0.5\u{2009}%</b>")
        && page.contains("<b>65.0\u{2009}%</b>"))
    #expect(page.contains("width:34.500%") && page.contains("no time was measured"))
  }

  @Test(
    "the report is written whole: where there is no room, the older one stays",
    .enabled(if: FullDisk.canMount))
  func write() throws {
    let disk = try FullDisk(kilobytes: 64)
    let path = disk.path + "/report.html"
    try RunReport(title: "old", result: "").write(to: path)
    let old = try Data(contentsOf: URL(filePath: path))
    var report = RunReport(title: "new", result: "")
    report.configuration = String(repeating: "a", count: 200_000)
    let error = #expect(throws: TesseraError.self) { try report.write(to: path) }
    #expect(error?.path == path)
    #expect(try Data(contentsOf: URL(filePath: path)) == old)
    #expect(try FileManager.default.contentsOfDirectory(atPath: disk.path) == ["report.html"])
    try disk.grow()
    try report.write(to: path)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == report.html())
  }
}
