public import TesseraText

/// What makes prompts for a model and text of its tokens: a directory's tokenizer, template and settings, with pictures
/// (`Processor`) or without (`TextProcessor`).
public protocol PromptMaker: Sendable {
  var path: String { get }
  var tokenizer: Tokenizer { get }
  /// The directory's own template, or Vicuna's where it has none.
  var template: ChatTemplate { get set }
  /// Whether the directory has a template of its own.
  var hasOwnTemplate: Bool { get }
  /// The tokens that have a meaning, as texts.
  var tokens: ChatTokens { get }
  /// What `generation_config.json` asks for.
  var generation: GenerationSettings { get }
  /// Tokens that end an answer.
  var endTokens: [Int] { get }
  /// What fills short texts up; nil where the directory names none.
  var padToken: Int? { get }

  /// A picture file as the model wants it.
  func pixels(contentsOf file: String) throws -> TorchTensor
  /// A prompt of text in which each picture's token stands once.
  func prompt(_ text: String, pixels: [TorchTensor]) throws -> Prompt
  /// A conversation's prompt, which ends where the next answer begins.
  func prompt(_ messages: [ChatMessage], pixels: [TorchTensor]) throws -> Prompt
}

extension Generator {
  /// A generator with the processor's tokens.
  public init(_ model: any GenerativeModel, _ processor: any PromptMaker) {
    self.init(model, processor.tokenizer, endTokens: processor.endTokens, padToken: processor.padToken)
  }
}
