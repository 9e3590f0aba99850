import TesseraData
import TesseraText
import TesseraVLM
import Testing

@Suite("the most frequent answers")
struct MajorityBaselineTests {
  private func question(_ category: String?, _ answer: String) -> Question {
    var question = Question(messages: [ChatMessage(role: "user", "?")], reference: answer)
    question.category = category
    return question
  }

  @Test("each category has its own; one that training lacks has that of all; equals go by their characters")
  func answers() {
    let trained =
      ["red", "red", "blue"].map { question("colour", $0) } + ["two", "one"].map { question("count", $0) }
      + [question(nil, "red")]
    let baseline = MajorityBaseline(trained)
    #expect(baseline.answers == ["colour": "red", "count": "one", "": "red"] && baseline.overall == "red")
    let asked = [
      question("colour", "red"), question("colour", "blue"), question("count", "two"),
      question("size", "red "),
    ]
    #expect(baseline.score(asked) == 0.5)
    // What these questions' own frequencies would have said.
    #expect(MajorityBaseline(asked).score(asked) == 0.75)
    #expect(MajorityBaseline([Question]()).isEmpty && MajorityBaseline([Question]()).score([]) == 0)
  }

  @Test("of a data set: every answer of every conversation, on any number of threads")
  func dataset() {
    let samples = (0..<3000).map { index in
      Sample(
        name: "\(index)",
        conversation: [
          ConversationTurn(.user, "?"),
          ConversationTurn(.assistant, index % 3 == 0 ? "no" : "yes"),
        ], category: index % 2 == 0 ? "even" : "odd")
    }
    let baseline = MajorityBaseline(of: [ListDataset(samples)])
    #expect(baseline.answers == ["even": "yes", "odd": "yes"])
  }

  /// Samples in memory.
  private struct ListDataset: Dataset {
    let samples: [Sample]
    init(_ samples: [Sample]) { self.samples = samples }
    var count: Int { samples.count }
    func sample(at index: Int) throws -> Sample { samples[index] }
  }
}
