import ArgumentParser
import Foundation
import Tessera
import TesseraData
import TesseraTerminal
import TesseraText
import TesseraVLM

/// `tessera-vlm show-sample`: a record as a model is trained on it.
struct ShowSampleCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "show-sample",
    abstract:
      "Show a record of captions or conversations as the model gets it: pictures, ids, what is learned.",
    discussion: """
      Learned text is green on a terminal and stands in ⟦…⟧ elsewhere. --html writes a page that needs nothing \
      beside it: the pictures as the model sees them with the grid of their patches, and every token with its id.
      """)

  /// `--template`.
  enum Template: String, ExpressibleByArgument, CaseIterable { case own, plain, v1, chatml }

  /// `--overflow`.
  enum Overflow: String, ExpressibleByArgument, CaseIterable {
    case error, drop
    case cutText = "cut-text"

    var policy: OverflowPolicy {
      switch self {
      case .error: .error
      case .drop: .drop
      case .cutText: .cutText
      }
    }
  }

  @ArgumentParser.Argument(
    help: ArgumentHelp("Captions (JSONL, JSON, CSV) or conversations (JSON, JSONL).", valueName: "file"))
  var file: String

  @Option(
    help: ArgumentHelp("The model directory: its tokenizer, template and picture settings.", valueName: "dir")
  )
  var model: String

  @Option(help: ArgumentHelp("Which sample, from 0 on.", valueName: "i"))
  var index = 0

  @Option(help: "own (the directory's), plain, v1 or chatml (default: own, or v1 where there is none).")
  var template: Template?

  @Option(help: ArgumentHelp("The longest sample in tokens (default: any).", valueName: "n"))
  var maxLength: Int?

  @Option(help: "A sample that is longer: error, drop, or cut-text.")
  var overflow = Overflow.error

  @Option(help: ArgumentHelp("Write a page too.", valueName: "page.html"))
  var html: String?

  @Option(
    help: ArgumentHelp("The folder at which pictures' paths start (default: the file's).", valueName: "dir"))
  var root: String?

  mutating func validate() throws {
    if index < 0 { throw ValidationError("--index must be at least 0, got \(index)") }
    if let maxLength, maxLength < 1 {
      throw ValidationError("--max-length must be at least 1, got \(maxLength)")
    }
  }

  func run() throws {
    let dataset = try PackSource.records(file, root: root)
    guard index < dataset.count else {
      throw TesseraError(
        .invalidArgument(
          name: "--index", expected: "below the \(Words.count(dataset.count, "sample"))", got: "\(index)"),
        path: file)
    }
    let record = try dataset.sample(at: index)
    let builder = try makeBuilder()
    let start = "\(file), sample \(index) of \(dataset.count)"
    switch try builder.build(record) {
    case .dropped(let length):
      Talk.say("\(start.visible): \(record.name.visible)")
      print("left out: \(length) tokens, at most \(maxLength ?? length) (--overflow \(overflow.rawValue))")
    case .sample(let sample, let pixels): try show(sample, pixels, record, builder, start)
    }
  }

  private func makeBuilder() throws -> SampleBuilder {
    guard case .llava(let config) = try ModelConfig(directory: model) else {
      throw TesseraError(
        .invalidArgument(name: "--model", expected: "a LLaVA directory", got: "a part of one alone"),
        path: model)
    }
    let processor = try Processor(model, config)
    let chosen: ChatTemplate
    switch template {
    case .own:
      guard processor.hasOwnTemplate else {
        throw TesseraError(
          .invalidArgument(
            name: "--template", expected: "plain, v1 or chatml", got: "own, and the directory has none"),
          path: model)
      }
      chosen = processor.template
    case .plain: chosen = .plain
    case .v1: chosen = .v1
    case .chatml: chosen = .chatML
    case nil: chosen = processor.template
    }
    return SampleBuilder(
      processor, template: chosen, maximumLength: maxLength, overflow: overflow.policy)
  }

  private func show(
    _ sample: TokenizedSample, _ pixels: [TorchTensor], _ record: Sample, _ builder: SampleBuilder,
    _ start: String
  ) throws {
    Talk.say("\(start.visible): \(record.name.visible)")
    let texts = try builder.processor.texts(sample.ids)
    let isTerminal = isatty(STDOUT_FILENO) == 1
    print(try TerminalSample.render(sample, texts: texts, isColored: isTerminal), terminator: "")
    let patch = builder.processor.config.vision.patchSize
    var pictures: [HTMLSample.Picture] = []
    for (number, picture) in record.pictures.enumerated() {
      let (rows, columns) = (pixels[number].size(1) / patch, pixels[number].size(2) / patch)
      let tokens = sample.imageSpans.first { $0.image == number }?.range.count ?? 0
      print(
        "picture \(number + 1): \(picture.name.visible), \(columns) × \(rows) patches of \(patch), \(tokens) tokens"
      )
      guard html != nil else { continue }
      let seen = try builder.processor.seen(picture)
      pictures.append(.init(bytes: try PNGEncoder().encode(seen), columns: columns, rows: rows))
    }
    guard let html else { return }
    let page = try HTMLSample.page(sample, texts: texts, pictures: pictures, title: record.name)
    try AtomicFile.write(Array(page.utf8), to: html)
    Talk.say("wrote \(html.visible)")
  }
}
