internal import TesseraCore

/// How a conversation becomes text: one of the built-in ways, or a checkpoint's own Jinja template.
///
///     let template = try ChatTemplate(jinja: source)
///     let prompt = try template.render([ChatMessage(role: "user", "Hello")], addGenerationPrompt: true)
///
/// A Jinja template renders the same bytes as transformers' `apply_chat_template`.
public struct ChatTemplate: Sendable {
  enum Way: Sendable {
    case plain, v1, chatML
    case jinja(JinjaTemplate, asList: Bool)
  }

  let way: Way
  /// Seconds since 1970 that a template's `strftime_now` answers with; nil for the clock's. Give one where the same
  /// input is to give the same text on another day.
  public var now: Int?

  private init(_ way: Way) { self.way = way }

  /// LLaVA's pretraining: pictures, the answer, a line's end. Questions are left out; there is one answer.
  public static let plain = ChatTemplate(.plain)
  /// LLaVA-1.5's `v1` (Vicuna's): `USER: … ASSISTANT: …</s>` behind a system text.
  public static let v1 = ChatTemplate(.v1)
  /// `<|im_start|>role`, the text, `<|im_end|>`; no system text unless the conversation has one.
  public static let chatML = ChatTemplate(.chatML)

  /// A checkpoint's template (`chat_template.jinja`, or the member `chat_template` of `tokenizer_config.json`).
  ///
  /// It gets messages whose content is a list of typed parts if it prints such ones properly, and else strings.
  /// - Throws: `corrupt` and `unsupported` with line and column; `limitExceeded`.
  public init(jinja source: String) throws {
    let template = try JinjaTemplate(source)
    self.init(.jinja(template, asList: Self.takesLists(template)))
  }

  /// Vicuna's words, which LLaVA-1.5 was trained with.
  package static let systemOfV1 =
    "A chat between a curious user and an artificial intelligence assistant. "
    + "The assistant gives helpful, detailed, and polite answers to the user's questions."

  /// Asks the template itself: one that expects strings fails on lists or prints their brackets.
  private static func takesLists(_ template: JinjaTemplate) -> Bool {
    let question = ChatMessage(role: "user", "tessera-question")
    let answer = ChatMessage(role: "assistant", "tessera-answer")
    let tokens = ChatTokens()
    do {
      let messages = try [question, answer].map { try $0.value(asList: true, imageMark: tokens.image) }
      let text = try template.render(context(messages, false, tokens), clock: { _ in "" }).text
      return text.find("tessera-question") != nil && text.find("tessera-answer") != nil
        && text.find("'type'") == nil
        && text.find("\"type\"") == nil
    } catch {
      // Whatever a list makes of it: strings are what all older templates take.
      return false
    }
  }

  /// The text of a conversation.
  ///
  /// - Parameters:
  ///   - addGenerationPrompt: whether it ends where an answer would begin.
  ///   - tools: a JSON array of tools, for templates that know them.
  ///   - variables: further names for a template (`{"enable_thinking": false}`), as a JSON object.
  /// - Throws: what the template throws, with line and column; `invalidInput` for a conversation that is not for it.
  public func render(
    _ messages: [ChatMessage], addGenerationPrompt: Bool = false, tokens: ChatTokens = ChatTokens(),
    tools: String? = nil, variables: String? = nil
  ) throws -> String {
    switch way {
    case .jinja:
      return try rendering(messages, addGenerationPrompt, tokens, tools: tools, variables: variables).text
        .string
    default:
      let pieces = try ChatSegments.builtIn(way, messages, addGenerationPrompt: addGenerationPrompt, tokens)
      return pieces.map { $0.text ?? tokens.image }.joined()
    }
  }

  // MARK: Jinja

  private static func context(
    _ messages: [JinjaValue], _ addGenerationPrompt: Bool, _ tokens: ChatTokens
  ) -> [String: JinjaValue] {
    [
      "messages": .list(messages), "add_generation_prompt": .bool(addGenerationPrompt), "tools": .none,
      "documents": .none, "bos_token": .text(tokens.bos), "eos_token": .text(tokens.eos),
    ]
  }

  /// What a Jinja template makes of messages.
  func rendering(
    _ messages: [ChatMessage], _ addGenerationPrompt: Bool, _ tokens: ChatTokens, tools: String? = nil,
    variables: String? = nil
  ) throws -> JinjaTemplate.Rendering {
    guard case .jinja(let template, let asList) = way else {
      throw TesseraError(
        .invalidInput(operation: "a rendering by Jinja", expected: "a Jinja template", got: "\(way)"))
    }
    let values = try messages.map { try $0.value(asList: asList, imageMark: tokens.image) }
    var context = Self.context(values, addGenerationPrompt, tokens)
    if let tools {
      let value = JinjaValue(try JSONReader.read(Array(tools.utf8)))
      guard case .list = value else {
        throw TesseraError(.invalidArgument(name: "tools", expected: "a JSON array", got: value.kind))
      }
      context["tools"] = value
    }
    if let variables {
      guard case .object(let members) = try JSONReader.read(Array(variables.utf8)) else {
        throw TesseraError(
          .invalidArgument(name: "variables", expected: "a JSON object", got: String(variables.prefix(40))))
      }
      for member in members { context[member.name] = JinjaValue(member.value) }
    }
    guard let now else { return try template.render(context) }
    return try template.render(context, clock: { try JinjaGlobals.text(of: now, $0) })
  }
}
