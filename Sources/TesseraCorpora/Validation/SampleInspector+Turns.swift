package import TesseraData

/// What is wrong with a sample that can be read.
extension SampleInspector {
  typealias Finding = (kind: CorpusProblem.Kind, severity: CorpusProblem.Severity, what: String)

  static func problems(of sample: Sample) -> [Finding] {
    guard !sample.conversation.isEmpty else { return problems(ofText: sample) }
    let turns = sample.conversation
    var found = order(of: turns)
    let marks = turns.reduce(0) { $0 + ImageMarks.count(in: $1.text) }
    if marks != sample.pictures.count {
      found.append(
        (
          .imageMarks, .error,
          "it has \(sample.pictures.count) pictures, but \(marks) times \(ImageMarks.mark) in its turns"
        ))
    }
    for (index, turn) in turns.enumerated() {
      let isEmpty = trimmed(ImageMarks.pieces(of: turn.text).joined()).isEmpty
      let hasPicture = ImageMarks.count(in: turn.text) > 0
      if turn.role == .assistant {
        if isEmpty { found.append((.emptyAnswer, .error, "turn \(index + 1), an answer, has no words")) }
        if hasPicture {
          found.append((.imageMarks, .warning, "turn \(index + 1), an answer, shows a picture"))
        }
      } else if isEmpty && !hasPicture {
        found.append((.wrongTurns, .warning, "turn \(index + 1), of the \(turn.role.rawValue), has no words"))
      }
    }
    return found
  }

  private static func problems(ofText sample: Sample) -> [Finding] {
    guard let text = sample.text else {
      return [(.pictureWithoutCaption, .error, "it has neither a text nor turns")]
    }
    var found: [Finding] = []
    if trimmed(text).isEmpty {
      found.append(
        sample.pictures.isEmpty
          ? (.emptyText, .error, "the text has no words") : (.emptyAnswer, .error, "the caption has no words")
      )
    }
    let marks = ImageMarks.count(in: text)
    if marks > 0 {
      found.append(
        (
          .imageMarks, .error,
          "its text has \(marks) times \(ImageMarks.mark); captions and texts stand without marks"
        ))
    }
    return found
  }

  /// Who speaks after whom.
  private static func order(of turns: [ConversationTurn]) -> [Finding] {
    var found: [Finding] = []
    for (index, turn) in turns.enumerated().dropFirst() {
      if turn.role == .system {
        found.append((.wrongTurns, .error, "turn \(index + 1) is a system text behind others"))
      } else if turn.role == turns[index - 1].role {
        let whose = turn.role == .user ? "questions" : "answers"
        found.append((.wrongTurns, .error, "turns \(index) and \(index + 1) are both \(whose)"))
      }
    }
    if turns.first(where: { $0.role != .system })?.role == .assistant {
      found.append((.wrongTurns, .error, "it begins with an answer"))
    }
    if !turns.contains(where: { $0.role == .assistant }) {
      found.append((.wrongTurns, .error, "no turn is an answer: nothing is learned"))
    } else if turns.last?.role == .user {
      found.append((.wrongTurns, .warning, "it ends with a question that is not answered"))
    }
    return found
  }
}

extension Sample {
  /// The first thing that is wrong with the texts and their order, as `CorpusCheck` would tell it; nil where nothing is.
  package var fault: String? { SampleInspector.problems(of: self).first { $0.severity == .error }?.what }
}
