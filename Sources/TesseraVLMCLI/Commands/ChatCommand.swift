import ArgumentParser
import Foundation
import Tessera
import TesseraTerminal
import TesseraText
import TesseraVLM

/// `tessera-vlm chat`: a conversation of several turns.
struct ChatCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "chat", abstract: "Talk with a model about pictures.",
    discussion: """
      A line is a turn. /image FILE shows a picture with the next turn (several: once each), /reset begins anew, \
      /quit or the end of the input ends. Ctrl-C ends an answer. Earlier turns are not computed again. A turn that \
      fails is as if it had not been said; the exit status is then 1, unless it was typed on a terminal.
      """)

  @OptionGroup var model: ModelOptions

  @Option(help: ArgumentHelp("A picture of the first turn (may be given several times).", valueName: "file"))
  var image: [String] = []

  @Option(help: ArgumentHelp("What the model is told before.", valueName: "text"))
  var system: String?

  @Option(
    help: "The words around what is said: own (the directory's template), plain, v1 (Vicuna's), chatml.")
  var template = TemplateOption.own

  @OptionGroup(title: "Drawing") var sampling: SamplingOptions

  func validate() throws {
    if template == .plain {
      throw ValidationError("--template plain has no turns: it is for captions (tessera-vlm generate)")
    }
  }

  func run() throws {
    var (model, processor) = try model.open()
    template.apply(to: &processor)
    if template == .own && !processor.hasOwnTemplate {
      Talk.say("tessera-vlm: the directory has no chat template: Vicuna's (v1) stands in")
    }
    let options = try sampling.options(processor.generation)
    var chat = ChatSession(model, processor, options, system: system)
    for file in image { try chat.show(file) }
    let isTerminal = isatty(STDIN_FILENO) == 1
    if isTerminal { Talk.say("tessera-vlm: /image FILE shows a picture, /reset begins anew, /quit ends") }
    var (number, failures) = (0, 0)
    while let line = read(isTerminal) {
      number += 1
      // What is wrong with one turn does not end the conversation.
      do { if try !obey(line, &chat) { break } } catch let error as TesseraError {
        failures += 1
        Talk.say("tessera-vlm: \(isTerminal ? "" : "line \(number): ")\(error)")
      }
    }
    if failures > 0 && !isTerminal { throw ExitCode.failure }
  }

  private func read(_ isTerminal: Bool) -> String? {
    if isTerminal { Talk.write("> ") }
    return readLine()
  }

  /// - Returns: false at the end.
  private func obey(_ line: String, _ chat: inout ChatSession) throws -> Bool {
    let text = line.trimmingCharacters(in: .whitespaces)
    if text.isEmpty { return true }
    guard text.hasPrefix("/") else {
      try chat.say(text)
      return true
    }
    let words = text.split(separator: " ", maxSplits: 1).map(String.init)
    switch words[0] {
    case "/quit", "/exit": return false
    case "/reset": chat.reset()
    case "/image" where words.count == 2: try chat.show(words[1].trimmingCharacters(in: .whitespaces))
    default:
      throw TesseraError(
        .invalidInput(
          operation: "a line that begins with /", expected: "/image FILE, /reset or /quit",
          got: "'\(text.visible)'"))
    }
    return true
  }
}

/// A conversation on the command line.
private struct ChatSession {
  private let generator: Generator
  private let processor: any PromptMaker
  private let options: GenerationOptions
  private let system: String?
  private var messages: [ChatMessage] = []
  /// All pictures of the conversation; the last of them may not have been said yet.
  private var pixels: [TorchTensor] = []
  private var waiting = 0
  private var memory: ChatMemory

  init(
    _ model: any GenerativeModel, _ processor: any PromptMaker, _ options: GenerationOptions, system: String?
  ) {
    generator = Generator(model, processor)
    memory = ChatMemory(model)
    (self.processor, self.options, self.system) = (processor, options, system)
    reset()
  }

  /// Begins anew.
  mutating func reset() {
    messages = system.map { [ChatMessage(role: "system", $0)] } ?? []
    (pixels, waiting) = ([], 0)
    memory = ChatMemory(generator.model)
  }

  /// Adds a picture to the next turn.
  mutating func show(_ file: String) throws {
    let picture = try processor.pixels(contentsOf: file)
    PictureRemarks.say([picture], processor)
    pixels.append(picture)
    waiting += 1
  }

  /// A turn and its answer. A turn that fails is as if it had not been said, and its pictures are forgotten.
  mutating func say(_ text: String) throws {
    let message = ChatMessage.question(text, pictures: waiting, mark: processor.tokens.image)
    let shown = waiting
    waiting = 0
    do {
      let prompt = try processor.prompt(messages + [message], pixels: pixels)
      let watch = CancelWatch()
      defer { watch.stop() }
      let (answers, times) = try generator.answer([prompt], options, memory: options.usesCache ? memory : nil)
      {
        _, text in
        Screen.print(text)
        return !watch.isCancelled
      }
      print()
      Talk.say(GenerateCommand.summary(answers[0], times, nil))
      messages += [message, ChatMessage(role: "assistant", answers[0].text)]
    } catch {
      pixels.removeLast(shown)
      throw error
    }
  }
}
