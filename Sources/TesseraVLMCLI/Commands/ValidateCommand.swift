import ArgumentParser
import Tessera
import TesseraCorpora
import TesseraTerminal
import TesseraVLM

/// `tessera-vlm validate`: what is wrong with data sets before a run.
struct ValidateCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "validate",
    abstract:
      "Report what is in a data set to train on, what is wrong with it, and what it shares with another.",
    discussion: """
      Reads LLaVA's JSON, Hugging Face's messages, captions (JSONL, JSON, CSV), text (.txt, a folder of them, JSONL) \
      and WebDataset tars. Several files are looked at as one set. Exit status: 0 nothing that training stumbles \
      over, 1 errors, 64 wrong usage; warnings (duplicates, overlap) change nothing.
      """)

  @ArgumentParser.Argument(
    help: ArgumentHelp("Files, folders of .txt or .tar, patterns of tars.", valueName: "file"))
  var files: [String]

  @Option(help: ArgumentHelp("A set to which nothing must be common: may be repeated.", valueName: "file"))
  var against: [String] = []

  @OptionGroup var corpus: CorpusOptions

  @Option(
    help: ArgumentHelp("The folder at which pictures' paths start (default: the file's).", valueName: "dir"))
  var images: String?

  @Flag(help: "Decode all pictures to their end, not their headers alone.")
  var decode = false

  @Option(help: ArgumentHelp("Count tokens with the tokenizer of a directory.", valueName: "dir"))
  var tokenizer: String?

  @Option(help: ArgumentHelp("List so many problems of each kind.", valueName: "n"))
  var show = 5

  @Option(help: ArgumentHelp("Threads (default: one a core).", valueName: "n"))
  var threads: Int?

  @Flag(help: "Print one JSON object with every problem.")
  var json = false

  mutating func validate() throws {
    if show < 0 { throw ValidationError("--show must be at least 0, got \(show)") }
    if let threads, threads < 1 { throw ValidationError("--threads must be at least 1, got \(threads)") }
  }

  func run() throws {
    var check = CorpusCheck()
    check.decodes = decode
    check.threads = threads
    if let tokenizer { check.tokenizer = try ProcessorFiles(tokenizer).tokenizer() }
    if Talk.isTerminal {
      check.progress = { done, total in
        Talk.write("\r\(done) of \(total) samples\(done == total ? "\n" : "")")
      }
    }
    let report = try check.run(
      try corpus.sources(files, images: images),
      against: against.isEmpty ? [] : try corpus.sources(against, images: images))
    print(json ? report.json() : visible(report.text(shown: show)))
    if !report.isSound { throw ExitCode(1) }
  }

  /// Names and texts of others, without what moves a terminal's cursor.
  private func visible(_ text: String) -> String {
    text.split(separator: "\n").map { String($0).visible }.joined(separator: "\n")
  }
}
