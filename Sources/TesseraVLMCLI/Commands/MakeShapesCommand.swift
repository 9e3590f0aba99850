import ArgumentParser
import Tessera
import TesseraCorpora
import TesseraTerminal

/// `tessera-vlm make-shapes`: Shapes as files.
struct MakeShapesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make-shapes",
    abstract: "Draw scenes with captions, questions and answers: the truth test.",
    discussion: """
      One or two objects of six colours, four shapes and two sizes on a dark ground with noise. Four pairs of colour \
      and shape never appear in training and validation; every held-out scene has at least one. Scene i of a split \
      depends on the seed, the split and i alone, and no scene is in two splits. The folder is filled aside and \
      renamed when it is whole.
      """)

  @ArgumentParser.Argument(help: ArgumentHelp("The folder to write.", valueName: "out"))
  var destination: String

  @Option(help: ArgumentHelp("Scenes to train on.", valueName: "n"))
  var train = 20_000

  @Option(help: ArgumentHelp("New scenes of the pairs that training shows.", valueName: "n"))
  var validation = 1000

  @Option(help: ArgumentHelp("Scenes with pairs that training never shows.", valueName: "n"))
  var heldout = 1000

  @Option(help: ArgumentHelp("What chance starts from.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("The pictures' side in pixels, 16 to 1024.", valueName: "n"))
  var size = 48

  @Option(help: ArgumentHelp("Questions a scene, 0 to 8.", valueName: "n"))
  var questions = 2

  @Option(
    help: ArgumentHelp(
      "Further questions a scene, in one conversation of several turns; 8 with --questions at most.",
      valueName: "n"))
  var turns = 0

  @Flag(help: "Each caption as the answer to a request too (\"What do you see?\"), in files of their own.")
  var descriptions = false

  @Option(help: "folder (PNG and JSONL) or tar (WebDataset).")
  var format = CorpusOutput.folder

  @Flag(help: "Replace a folder of Shapes that has the name.")
  var overwrite = false

  @Flag(help: "Print what was made as JSON.")
  var json = false

  func run() throws {
    let corpus = ShapesCorpus(
      seed: seed, counts: [.train: train, .validation: validation, .heldout: heldout], side: size,
      questions: questions, turns: turns, descriptions: descriptions, format: format)
    let line = MakeProgress()
    defer { line.finish() }
    try corpus.write(to: destination, overwrite: overwrite) { split, done in
      line.update("\(split.rawValue): \(done) of \(corpus.counts[split] ?? 0) scenes")
    }
    line.finish()
    guard !json else { return print(corpus.json) }
    print(destination.visible)
    let rows =
      ShapesSplit.allCases.map { [$0.rawValue, Words.count(corpus.counts[$0] ?? 0, "scene")] }
      + [
        ["held-out pairs", ShapesPair.heldOut.map(\.name).joined(separator: ", ")],
        ["questions", "\(questions) a scene"], ["turns of a conversation", "\(turns)"],
        ["descriptions", descriptions ? "one a scene" : "none"],
        ["pictures", "\(size)×\(size)"], ["seed", "\(seed)"],
      ]
    for row in TextTable.lines(rows) { print("  " + row) }
  }
}

extension CorpusOutput: ExpressibleByArgument {}
