import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal
import TesseraText
import TesseraVLM

/// `tessera-vlm generate`: one answer to one prompt.
struct GenerateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "generate", abstract: "Answer a prompt about pictures.",
    discussion: """
      The answer goes to the standard output as it comes, times to the standard error. Pictures stand before the \
      prompt's words, or where the prompt says <image>. Without --temperature, or what the directory's \
      generation_config.json says of drawing, the likeliest token is taken each time. A directory of a decoder alone \
      answers to words.
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("What is asked.", valueName: "text"))
  var prompt: String

  @Option(help: ArgumentHelp("A picture (may be given several times).", valueName: "file"))
  var image: [String] = []

  @Option(help: ArgumentHelp("What the model is told before.", valueName: "text"))
  var system: String?

  @Option(
    help: "The words around what is said: own (the directory's template), plain, v1 (Vicuna's), chatml.")
  var template = TemplateOption.own

  @Flag(help: "The prompt as it is, without a template.")
  var raw = false

  @OptionGroup(title: "Drawing") var sampling: SamplingOptions

  @Flag(help: "The answer, its ids and the times as JSON.")
  var json = false

  func validate() throws {
    if raw && (system != nil || template != .own) {
      throw ValidationError("--raw uses no template: leave out --system and --template")
    }
  }

  func run() throws {
    let started = ProcessInfo.processInfo.systemUptime
    var (model, processor) = try model.open()
    template.apply(to: &processor)
    let options = try sampling.options(processor.generation)
    let pixels = try image.map { try processor.pixels(contentsOf: $0) }
    PictureRemarks.say(pixels, processor)
    let asked = try question(processor, pixels)
    let loaded = ProcessInfo.processInfo.systemUptime - started
    let watch = CancelWatch()
    defer { watch.stop() }
    let generator = Generator(model, processor)
    let (answers, times) = try generator.answer([asked], options) { _, text in
      if !json { Screen.print(text) }
      return !watch.isCancelled
    }
    if json {
      print(report(asked, answers[0], times, loaded).text)
    } else {
      print()
    }
    Talk.say(Self.summary(answers[0], times, loaded))
  }

  private func question(_ processor: any PromptMaker, _ pixels: [TorchTensor]) throws -> Prompt {
    if raw { return try rawQuestion(processor, pixels) }
    if template == .own && !processor.hasOwnTemplate {
      // A decoder that was never taught to talk goes on with a text.
      guard processor is Processor || system != nil else {
        Talk.say("tessera-vlm: the directory has no chat template: the prompt goes in as it is")
        return try rawQuestion(processor, pixels)
      }
      Talk.say("tessera-vlm: the directory has no chat template: Vicuna's (v1) stands in")
    }
    if template == .plain && !pixels.isEmpty && !(system ?? prompt).isEmpty {
      Talk.say("tessera-vlm: --template plain leaves the prompt's words out: it is for captions")
    }
    var messages = [ChatMessage.question(prompt, pictures: pixels.count, mark: processor.tokens.image)]
    if let system { messages.insert(ChatMessage(role: "system", system), at: 0) }
    return try processor.prompt(messages, pixels: pixels)
  }

  private func rawQuestion(_ processor: any PromptMaker, _ pixels: [TorchTensor]) throws -> Prompt {
    let mark = processor.tokens.image
    let isMarked = !mark.isEmpty && prompt.contains(mark)
    return try processor.prompt(
      isMarked ? prompt : pixels.map { _ in mark + "\n" }.joined() + prompt, pixels: pixels)
  }

  /// `17 tokens (end token), prompt 602; loaded in 0.41 s, first token after 0.93 s, then 31.2 tokens/s`.
  static func summary(_ answer: Answer, _ times: GenerationTimes, _ loaded: Double?) -> String {
    var line = "tessera-vlm: \(Words.count(answer.ids.count, "token")) (\(answer.end.rawValue))"
    line += " after \(times.promptTokens) of the prompt; "
    if let loaded { line += String(format: "loaded in %.2f s, ", loaded) }
    line += String(format: "first token after %.2f s", times.firstToken)
    if times.newTokens > 1 { line += ", then \(Words.rate(times.tokensPerSecond)) tokens/s" }
    if answer.nearTies > 0 { line += "; \(Words.count(answer.nearTies, "choice")) within 1e-4 of another" }
    return line
  }

  private func report(_ prompt: Prompt, _ answer: Answer, _ times: GenerationTimes, _ loaded: Double)
    -> JSONText
  {
    .object([
      ("text", .string(answer.text)), ("ids", .array(answer.ids.map { .int($0) })),
      ("end", .string(answer.end.rawValue)), ("prompt_ids", .array(prompt.ids.map { .int($0) })),
      ("prompt_tokens", .int(times.promptTokens)), ("new_tokens", .int(times.newTokens)),
      ("near_ties", .int(answer.nearTies)), ("load_seconds", .double(loaded)),
      ("first_token_seconds", .double(times.firstToken)), ("decode_seconds", .double(times.decode)),
      ("tokens_per_second", .double(times.tokensPerSecond)),
    ])
  }
}

extension ChatMessage {
  /// A question with pictures: where it says so, or before its words.
  ///
  /// - Parameter mark: what stands for a picture; empty where the model sees none.
  static func question(_ text: String, pictures: Int, mark: String) -> ChatMessage {
    if mark.isEmpty { return ChatMessage(role: "user", text) }
    if pictures > 0 && !text.contains(mark) {
      return ChatMessage(role: "user", content: Array(repeating: .image, count: pictures) + [.text(text)])
    }
    return ChatMessage(role: "user", text, imageMark: mark)
  }
}
