internal import TesseraCore

/// One prompt with its answers as a record says it.
struct PreferenceRecord {
  var id: String?
  var pictures: [String]
  var category: String?
  /// The prompt, and the best answer as the last turn.
  var turns: [ConversationTurn]
  var rejected: [RejectedAnswer]

  /// The members of a record that are looked at.
  static let members =
    ConversationRecord.members + [
      "prompt", "chosen", "rejected", "rejected_response", "rejected_messages", "ranked", "margin",
    ]

  /// - Throws: `corrupt` with what is wrong.
  init(_ record: JSONValue) throws {
    id = ConversationRecord.id(of: record)
    category = RecordCategory.find(record)
    var inline: [String] = []
    let (prompt, answers) = try Self.parts(of: record, &inline)
    pictures = try ConversationRecord.pictures(of: record, inline: inline)
    turns = try Self.marked(prompt, pictures: pictures.count) + [ConversationTurn(.assistant, answers.best)]
    if let same = answers.worse.first(where: { $0.text == answers.best }) {
      throw Self.fault("the chosen answer and one that is rejected are the same: '\(same.text.prefix(60))'")
    }
    rejected = answers.worse
    try takeMargins(record["margin"])
  }

  static func fault(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "the preference", detail: detail))
  }

  /// The best answer, and those below it.
  private typealias Answers = (best: String, worse: [RejectedAnswer])

  private static func parts(of record: JSONValue, _ pictures: inout [String]) throws -> (
    [ConversationTurn], Answers
  ) {
    if let value = record["messages"], !value.isNull { return try ofMessages(value, record, &pictures) }
    let prompt = try turns(record["prompt"], "prompt", &pictures)
    if let value = record["ranked"], !value.isNull {
      return (try asked(prompt), try ranked(value))
    }
    let pair = ["chosen", "rejected"].map { name in record[name].flatMap { $0.isNull ? nil : $0 } }
    guard let chosen = pair[0], let rejected = pair[1] else {
      if pair[0] != nil { throw fault("it has 'chosen', but no 'rejected'") }
      if pair[1] != nil { throw fault("it has 'rejected', but no 'chosen'") }
      throw fault("it has neither 'chosen' and 'rejected', nor 'ranked', nor 'messages'")
    }
    guard let prompt else { return try ofImplicitPrompt(chosen, rejected, &pictures) }
    return (try asked(prompt), (try answer(chosen, "chosen"), try worse(rejected, "rejected")))
  }

  /// ms-swift's: a conversation, and what its last turn is better than.
  private static func ofMessages(_ value: JSONValue, _ record: JSONValue, _ pictures: inout [String]) throws
    -> ([ConversationTurn], Answers)
  {
    var turns = try turns(value, "messages", &pictures) ?? []
    guard let last = turns.popLast(), last.role == .assistant else {
      throw fault("its 'messages' must end with the assistant's answer")
    }
    if let value = record["rejected_response"], !value.isNull {
      return (try asked(turns), (last.text, try worse(value, "rejected_response")))
    }
    guard let value = record["rejected_messages"], !value.isNull else {
      throw fault("it has 'messages', but no 'rejected_response' and no 'rejected_messages'")
    }
    var ignored: [String] = []
    return (
      try asked(turns),
      (last.text, [RejectedAnswer(try lastTurn(of: value, "rejected_messages", after: turns, &ignored))])
    )
  }

  /// TRL's conversations without a prompt: what both have in common is the prompt.
  private static func ofImplicitPrompt(
    _ chosen: JSONValue, _ rejected: JSONValue, _ pictures: inout [String]
  ) throws -> ([ConversationTurn], Answers) {
    guard case .array = chosen, case .array = rejected else {
      throw fault("it has no 'prompt', and 'chosen' and 'rejected' are no conversations that would have it")
    }
    var turns = try turns(chosen, "chosen", &pictures) ?? []
    guard let best = turns.popLast(), best.role == .assistant else {
      throw fault("'chosen' must end with the assistant's answer")
    }
    var ignored: [String] = []
    let worse = try lastTurn(of: rejected, "rejected", after: turns, &ignored)
    return (try asked(turns), (best.text, [RejectedAnswer(worse)]))
  }

  /// The last turn of a conversation whose other turns must be those of the prompt.
  private static func lastTurn(
    of value: JSONValue, _ name: String, after prompt: [ConversationTurn], _ pictures: inout [String]
  ) throws -> String {
    var turns = try turns(value, name, &pictures) ?? []
    guard let last = turns.popLast(), last.role == .assistant else {
      throw fault("'\(name)' must end with the assistant's answer")
    }
    guard turns == prompt || turns.isEmpty else {
      throw fault("'\(name)' and the chosen conversation differ before the last turn")
    }
    return last.text
  }

  // MARK: members

  /// A prompt or conversation: a string is what the user says; nil where there is none.
  private static func turns(_ value: JSONValue?, _ name: String, _ pictures: inout [String]) throws
    -> [ConversationTurn]?
  {
    switch value {
    case nil, .null: return nil
    case .string(let text): return [ConversationTurn(.user, text)]
    case let value?: return try ConversationRecord.messages(value, name, &pictures)
    }
  }

  /// A prompt, which must ask something.
  private static func asked(_ prompt: [ConversationTurn]?) throws -> [ConversationTurn] {
    guard let prompt, prompt.last?.role == .user else {
      throw fault("its prompt must end with what the user says")
    }
    return prompt
  }

  /// An answer: a string, or one turn of the assistant.
  private static func answer(_ value: JSONValue, _ name: String) throws -> String {
    if case .string(let text) = value { return text }
    var pictures: [String] = []
    let turns = try turns(value, name, &pictures) ?? []
    guard turns.count == 1, turns[0].role == .assistant, pictures.isEmpty else {
      throw fault("'\(name)' must be a string or one turn of the assistant, beside a 'prompt'")
    }
    return turns[0].text
  }

  /// Answers that are worse: one as `answer`, or several strings.
  private static func worse(_ value: JSONValue, _ name: String) throws -> [RejectedAnswer] {
    guard case .array(let values) = value, !values.isEmpty else {
      return [RejectedAnswer(try answer(value, name))]
    }
    if case .object = values[0] { return [RejectedAnswer(try answer(value, name))] }
    return try values.map { RejectedAnswer(try text($0, name)) }
  }

  private static func ranked(_ value: JSONValue) throws -> Answers {
    guard case .array(let values) = value else {
      throw fault("'ranked' must be an array of answers, the best first, got \(value.kind)")
    }
    guard values.count > 1 else {
      throw fault("'ranked' must have two answers or more, the best first, got \(values.count)")
    }
    let texts = try values.map { try text($0, "ranked") }
    var seen: Set<String> = []
    if let twice = texts.first(where: { !seen.insert($0).inserted }) {
      throw fault("'ranked' has one answer twice: '\(twice.prefix(60))'")
    }
    return (texts[0], texts.dropFirst().enumerated().map { RejectedAnswer($1, rank: $0 + 1) })
  }

  private static func text(_ value: JSONValue, _ name: String) throws -> String {
    guard case .string(let text) = value else {
      throw fault("'\(name)' must hold strings, got \(value.kind)")
    }
    return text
  }

  /// One margin for all, or one for each answer that is rejected.
  private mutating func takeMargins(_ value: JSONValue?) throws {
    guard let value, !value.isNull else { return }
    let numbers: [Double?] =
      if case .array(let values) = value { values.map(Self.number) } else {
        Array(repeating: Self.number(value), count: rejected.count)
      }
    guard numbers.count == rejected.count, numbers.allSatisfy({ $0.map { $0 >= 0 && $0.isFinite } ?? false })
    else {
      throw Self.fault(
        "'margin' must be a number of 0 or more, or one for each of the \(rejected.count) answers")
    }
    for (index, number) in numbers.enumerated() { rejected[index].margin = number ?? 0 }
  }

  private static func number(_ value: JSONValue) -> Double? {
    switch value {
    case .int(let number): Double(number)
    case .double(let number): number
    default: nil
    }
  }

  /// The prompt with a mark for each picture: before the first user's words, where it has none of its own.
  private static func marked(_ prompt: [ConversationTurn], pictures: Int) throws -> [ConversationTurn] {
    let marks = prompt.reduce(0) { $0 + ConversationRecord.marks(in: $1.text) }
    if marks == 0, pictures > 0, let first = prompt.firstIndex(where: { $0.role == .user }) {
      var prompt = prompt
      let all = String(repeating: "\(ConversationRecord.mark)\n", count: pictures)
      prompt[first].text = all + prompt[first].text
      return prompt
    }
    guard marks == pictures else {
      throw fault("it has \(pictures) pictures, but \(marks) times \(ConversationRecord.mark) in its prompt")
    }
    return prompt
  }
}
