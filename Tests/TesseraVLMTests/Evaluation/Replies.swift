import TesseraText
import TesseraVLM

/// Replies of one's own making.
enum Replies {
  static func reply(
    _ answer: String, to reference: String, category: String? = nil, isStopped: Bool = true
  ) -> Evaluator.Reply {
    let question = Question(
      messages: [ChatMessage(role: "user", "what is it?")], reference: reference, category: category,
      name: "of \(reference)")
    return Evaluator.Reply(question, answer: answer, isStopped: isStopped)
  }

  /// Six answers of two categories, four of them right, one cut off.
  static let some = [
    reply("red", to: "red", category: "colour"), reply("blue", to: "red", category: "colour"),
    reply(" red ", to: "red", category: "colour"), reply("green", to: "green", category: "colour"),
    reply("a red circle left of a bar", to: "a red circle left of a blue bar", category: "scene"),
    reply("two small squares", to: "two small squares", category: "scene", isStopped: false),
  ]
}
