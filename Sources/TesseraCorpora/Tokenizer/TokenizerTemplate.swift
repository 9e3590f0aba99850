internal import TesseraCore
public import TesseraText

/// How a new tokenizer's conversations are written.
public enum TokenizerTemplate: Sendable, Hashable {
  /// `<|im_start|>role`, the text, `<|im_end|>`, which ends answers.
  case chatML
  /// LLaVA's pretraining: pictures, the caption, a line's end.
  case plain
  /// LLaVA-1.5's `USER: … ASSISTANT: …</s>`.
  case v1
  /// A template of one's own.
  case jinja(String)

  /// The template as `ChatTemplate` has it.
  ///
  /// - Throws: what a Jinja template's mistakes throw, with line and column.
  public func chatTemplate() throws -> ChatTemplate {
    switch self {
    case .chatML: .chatML
    case .plain: .plain
    case .v1: .v1
    case .jinja(let source): try ChatTemplate(jinja: source)
    }
  }

  /// The template's text for `chat_template.jinja`; it renders what the built-in way does.
  public var jinja: String {
    switch self {
    case .chatML: Self.textOfChatML
    case .plain: Self.textOfPlain
    case .v1: Self.textOfV1
    case .jinja(let source): source
    }
  }

  /// What ends an answer unless something else is said.
  var end: String { self == .chatML ? "<|im_end|>" : "</s>" }

  /// Tokens that the template writes: in one of one's own, whatever stands in `<|…|>`.
  var tokens: [String] {
    switch self {
    case .chatML: ["<|im_start|>", "<|im_end|>"]
    case .plain, .v1: []
    case .jinja(let source): Self.tokens(in: source)
    }
  }

  private static func tokens(in source: String) -> [String] {
    var found: [String] = []
    for part in source.components(between: "<|", "|>") {
      let isName =
        !part.isEmpty && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "_-/".contains($0)) }
      let token = "<|\(part)|>"
      if isName && !found.contains(token) { found.append(token) }
    }
    return found
  }

  // MARK: texts

  /// A message's content: a string, or parts, with a line's end between a picture and text that brings none.
  private static let content =
    "{% if message['content'] is string %}{{ message['content'] }}{% else %}"
    + "{% for part in message['content'] %}"
    + "{% if part['type'] == 'image' %}{{ '<image>' }}"
    + "{% elif part['type'] == 'text' %}"
    + "{% if not loop.first and message['content'][loop.index0 - 1]['type'] == 'image' "
    + "and not part['text'].startswith('\\n') %}{{ '\\n' }}{% endif %}"
    + "{{ part['text'] }}{% endif %}{% endfor %}{% endif %}"

  private static let textOfChatML =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' }}" + content
    + "{{ '<|im_end|>' + '\\n' }}{% endfor %}"
    + "{% if add_generation_prompt %}{{ '<|im_start|>assistant' + '\\n' }}{% endif %}"

  private static let textOfPlain =
    "{% for message in messages %}{% if message['role'] == 'assistant' %}" + content + "{{ '\\n' }}"
    + "{% elif message['content'] is string %}"
    + "{% for piece in message['content'].split('<image>')[1:] %}{{ '<image>' }}{% endfor %}"
    + "{% else %}{% for part in message['content'] %}"
    + "{% if part['type'] == 'image' %}{{ '<image>' }}{% endif %}{% endfor %}{% endif %}{% endfor %}"

  private static let textOfV1 =
    "{% if not messages or messages[0]['role'] != 'system' %}{{ '\(ChatTemplate.systemOfV1.replacing("'", with: "\\'")) ' }}{% endif %}"
    + "{% for message in messages %}{% if message['role'] == 'user' %}{{ 'USER: ' }}" + content
    + "{% elif message['role'] == 'assistant' %}{{ ' ASSISTANT: ' }}" + content + "{{ eos_token }}"
    + "{% else %}" + content + "{{ ' ' }}{% endif %}{% endfor %}"
    + "{% if add_generation_prompt %}{{ ' ASSISTANT:' }}{% endif %}"
}

extension String {
  /// The texts that stand between an opening and the next closing mark.
  fileprivate func components(between open: String, _ close: String) -> [String] {
    ImageMarks.pieces(of: self, between: [open]).dropFirst().compactMap {
      let parts = ImageMarks.pieces(of: $0, between: [close])
      return parts.count > 1 ? parts[0] : nil
    }
  }
}
