import ArgumentParser
import Tessera
import TesseraCore
import TesseraCorpora
import TesseraData
import TesseraTerminal
import TesseraText

/// `tessera-vlm tokenizer`: a tokenizer for a model that is trained from nothing.
struct TokenizerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tokenizer",
    abstract: "Train a byte-level BPE tokenizer on the texts of data sets.",
    discussion: """
      Reads captions, conversations (all turns) and text; pictures are not looked at. Writes tokenizer.json, \
      tokenizer_config.json, special_tokens_map.json and chat_template.jinja, which transformers 4.57 and 5 load. \
      Special tokens come first: padding, beginning, end, <image>, the template's, and those of --special.
      """)

  /// `--split`.
  enum Split: String, ExpressibleByArgument, CaseIterable {
    case gpt2, llama3, qwen2

    var pattern: SplitPattern {
      switch self {
      case .gpt2: .gpt2
      case .llama3: .llama3
      case .qwen2: .qwen2
      }
    }
  }

  @ArgumentParser.Argument(
    help: ArgumentHelp("Files, folders of .txt or .tar, patterns of tars.", valueName: "source"))
  var sources: [String]

  @Option(name: .shortAndLong, help: ArgumentHelp("The folder to write.", valueName: "dir"))
  var output: String

  @Option(help: ArgumentHelp("Tokens at most, special ones and the 256 bytes among them.", valueName: "n"))
  var vocabulary: Int

  @Option(help: "How text is cut before pairs are merged: gpt2, llama3 or qwen2.")
  var split = Split.llama3

  @Option(help: ArgumentHelp("chatml, plain, v1, or the file of a Jinja template.", valueName: "template"))
  var template = "chatml"

  @Option(help: ArgumentHelp("A further special token; may be repeated.", valueName: "token"))
  var special: [String] = []

  @Option(help: ArgumentHelp("The token of padding.", valueName: "token"))
  var pad = "<pad>"

  @Option(help: ArgumentHelp("The token that begins a text.", valueName: "token"))
  var bos = "<s>"

  @Option(
    help: ArgumentHelp(
      "The token that ends an answer (default: <|im_end|> for chatml, else </s>).", valueName: "token"))
  var eos: String?

  @Option(help: ArgumentHelp("A pair that occurs less often is not merged.", valueName: "n"))
  var minimumFrequency = 2

  @OptionGroup var corpus: CorpusOptions

  @Flag(help: "Write over a tokenizer that lies there.")
  var replace = false

  @Flag(help: "Print one JSON object.")
  var json = false

  func run() throws {
    var maker = try TokenizerMaker(
      vocabularySize: vocabulary, split: split.pattern, template: try chosenTemplate(),
      tokens: TokenizerMaker.Tokens(pad: pad, beginning: bos, end: eos, others: special),
      minimumFrequency: minimumFrequency)
    if !replace { try checkFree() }
    let data = try corpus.sources(sources).map { (source: $0, dataset: try $0.open()) }
    var faults: [TesseraError] = []
    for (source, dataset) in data {
      for index in 0..<dataset.count {
        do { maker.add(try dataset.sample(at: index)) } catch let error as TesseraError {
          faults.append(error.with(path: source.path, index: index))
        }
      }
    }
    Talk.notices(faults)
    guard maker.added > 0 else {
      throw TesseraError(
        .invalidInput(operation: "training a tokenizer", expected: "texts", got: "none that can be read"),
        path: sources.joined(separator: ", "))
    }
    if maker.unrendered > 0 {
      Talk.say(
        "note: \(Words.count(maker.unrendered, "sample")) could not be written by the template '\(template.visible)'; "
          + "their words were learned as they stand")
    }
    let made = try maker.train()
    let measure = try measure(made.tokenizer, data.map(\.dataset))
    try made.write(to: output, replaces: replace)
    report(made, measure, skipped: faults.count)
    if measure.lost > 0 { throw ExitCode(1) }
  }

  /// Before minutes of work: the writer looks again.
  private func checkFree() throws {
    guard FileIO.size("\(output)/tokenizer.json") != nil else { return }
    throw TesseraError(
      .invalidArgument(
        name: "--output", expected: "a folder without a tokenizer, or --replace",
        got: "one with a tokenizer.json"),
      path: output)
  }

  private func chosenTemplate() throws -> TokenizerTemplate {
    switch template {
    case "chatml": return .chatML
    case "plain": return .plain
    case "v1": return .v1
    default:
      do {
        let bytes = try FileIO.read(template, limit: 1 << 20, isRegular: true)
        guard let text = String(validating: bytes, as: UTF8.self) else {
          throw TesseraError(.corrupt(format: "the template", detail: "it is not UTF-8"))
        }
        // Said here, with the file's name.
        _ = try ChatTemplate(jinja: text)
        return .jinja(text)
      } catch let error as TesseraError { throw error.with(path: template) }
    }
  }

  private func measure(_ tokenizer: Tokenizer, _ datasets: [any Dataset]) throws -> TokenizerMeasure {
    var measure = TokenizerMeasure()
    for dataset in datasets {
      for index in 0..<dataset.count {
        let sample: Sample
        // What cannot be read was said when it was to be learned.
        do { sample = try dataset.sample(at: index) } catch { continue }
        try measure.add(sample, tokenizer)
      }
    }
    return measure
  }

  private func report(_ made: TokenizerFiles, _ measure: TokenizerMeasure, skipped: Int) {
    guard !json else {
      print(
        JSONText.object([
          ("directory", .string(output)), ("vocabulary", .int(made.tokenizer.vocabularySize)),
          ("special_tokens", .array(made.specialTokens.map { .string($0) })),
          ("bos_token_id", .int(made.beginningID)),
          ("eos_token_id", .int(made.endID)), ("pad_token_id", .int(made.padID)),
          ("image_token_id", .int(made.imageID)), ("texts", .int(measure.texts)),
          ("bytes", .int(measure.bytes)),
          ("tokens", .int(measure.tokens)), ("bytes_per_token", .double(measure.bytesPerToken)),
          ("lost", .int(measure.lost)), ("skipped_samples", .int(skipped)),
        ]).text)
      return
    }
    let size = made.tokenizer.vocabularySize
    let whole = measure.texts - measure.lost
    let rows = [
      [
        "vocabulary",
        size < vocabulary ? "\(size) (no further pair occurs \(minimumFrequency) times)" : "\(size)",
      ],
      ["special", made.specialTokens.enumerated().map { "\($1) \($0)" }.joined(separator: ", ")],
      ["template", template],
      [
        "corpus",
        "\(Words.count(measure.texts, "text")), \(measure.bytes) bytes, \(measure.tokens) tokens"
          + (skipped > 0 ? ", \(Words.count(skipped, "sample")) left out" : ""),
      ],
      ["bytes/token", Words.rate(measure.bytesPerToken)],
      [
        "round trip",
        measure.lost == 0
          ? "100 % (every text comes back byte for byte)"
          : "\(whole) of \(measure.texts); lost, for one: \((measure.firstLost ?? "").prefix(60))",
      ],
    ]
    print(output.visible)
    for line in TextTable.lines(rows.map { [$0[0], $0[1].visible] }) { print("  " + line) }
  }
}
