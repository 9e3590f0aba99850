/// What a model answered to a question about a fixed picture, as its training went on.
public struct AnswerHistory: Sendable, Equatable {
  /// An answer.
  public struct Answer: Sendable, Equatable {
    public var stage: String
    public var step: Int
    public var text: String
    /// Whether it is right; nil where nobody can say.
    public var isRight: Bool?

    public init(stage: String, step: Int, _ text: String, isRight: Bool? = nil) {
      (self.stage, self.step, self.text, self.isRight) = (stage, step, text, isRight)
    }
  }

  /// A picture as a browser reads it: PNG, JPEG or WebP; nil for a question about none.
  public var picture: [UInt8]?
  /// What it is called, for those who cannot see it.
  public var name: String
  public var question: String
  /// The right answer; nil where there is none.
  public var expected: String?
  /// In the order in which they were given.
  public var answers: [Answer]

  public init(picture: [UInt8]?, name: String, question: String, expected: String? = nil, answers: [Answer]) {
    (self.picture, self.name, self.question) = (picture, name, question)
    (self.expected, self.answers) = (expected, answers)
  }
}

extension AnswerHistory {
  /// Answers that follow each other and are the same are one row.
  private struct Run {
    var first: Answer
    var last: Answer
  }

  var html: String {
    var runs: [Run] = []
    for answer in answers {
      if let last = runs.last?.last, last.stage == answer.stage, last.text == answer.text,
        last.isRight == answer.isRight
      {
        runs[runs.count - 1].last = answer
      } else {
        runs.append(Run(first: answer, last: answer))
      }
    }
    var out = "<article class=\"answer\"><div class=\"asked\">\(image)<div>"
    // An empty question is that of caption pretraining: the picture alone.
    out +=
      question.isEmpty
      ? "<p class=\"question none\">(the picture alone)</p>"
      : "<p class=\"question\">\(HTML.foreign(question))</p>"
    if let expected { out += "<p class=\"expected\">expected: \(HTML.foreign(expected))</p>" }
    out += "</div></div>"
    // The last answers matter most: long histories hide their middle.
    if runs.count > 8 {
      out += Self.list(runs[..<2])
      out +=
        "<details><summary>\(runs.count - 5) more</summary>\(Self.list(runs[2..<runs.count - 3]))</details>"
      out += Self.list(runs[(runs.count - 3)...])
    } else {
      out += Self.list(runs[...])
    }
    return out + "</article>"
  }

  private static func list(_ runs: ArraySlice<Run>) -> String {
    "<ol>" + runs.map(row).joined() + "</ol>"
  }

  private static func row(_ run: Run) -> String {
    let steps = run.first.step == run.last.step ? "\(run.first.step)" : "\(run.first.step)–\(run.last.step)"
    let (mark, kind, word) =
      switch run.last.isRight {
      case true?: ("✓", "right", "right")
      case false?: ("✗", "wrong", "wrong")
      case nil: ("·", "unknown", "")
      }
    let text = run.first.text.isEmpty ? "<span class=\"none\">(nothing)</span>" : HTML.foreign(run.first.text)
    // Step 0 is none: an answer of no training.
    let place = run.last.step == 0 ? run.first.stage : "\(run.first.stage) \(steps)"
    return "<li class=\"\(kind)\"><span class=\"step\">\(HTML.escaped(place))</span>"
      + "<span class=\"sign\" title=\"\(word)\" aria-label=\"\(word)\">\(mark)</span><span class=\"text\">\(text)</span></li>"
  }

  private var image: String {
    guard let picture else { return "<div class=\"picture none\">no picture</div>" }
    guard let type = Self.mediaType(picture) else {
      return "<div class=\"picture none\">\(HTML.escaped(name)): no picture that a browser shows</div>"
    }
    return "<img class=\"picture\" alt=\"\(HTML.escaped(name))\" title=\"\(HTML.escaped(name))\" "
      + "src=\"data:\(type);base64,\(Base64.text(picture))\">"
  }

  private static func mediaType(_ bytes: [UInt8]) -> String? {
    if bytes.starts(with: [0x89, 0x50, 0x4E, 0x47]) { return "image/png" }
    if bytes.starts(with: [0xFF, 0xD8, 0xFF]) { return "image/jpeg" }
    let isWebP =
      bytes.count > 12 && bytes.starts(with: "RIFF".utf8) && bytes[8..<12].elementsEqual("WEBP".utf8)
    return isWebP ? "image/webp" : nil
  }
}
