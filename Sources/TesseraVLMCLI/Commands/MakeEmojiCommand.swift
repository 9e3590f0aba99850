import ArgumentParser
import Tessera
import TesseraCorpora
import TesseraTerminal

/// `tessera-vlm make-emoji`: Emoji as files.
struct MakeEmojiCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "make-emoji",
    abstract: "Make pictures of emoji with their names in several languages, from Debian's font and CLDR.",
    discussion: """
      Takes the characters that have a bitmap in the font and a name in every language. Views lie on a ground of random \
      colour, scaled and moved. train has views of the trained emoji, validation new views of the same, heldout views \
      of emoji that are never trained: it shows the recognition of seen symbols, no generalisation. The files are in \
      Debian's packages fonts-noto-color-emoji and unicode-cldr-core. The folder is filled aside and renamed when it \
      is whole.
      """)

  @ArgumentParser.Argument(help: ArgumentHelp("The folder to write.", valueName: "out"))
  var destination: String

  @Option(help: ArgumentHelp("A font with colour bitmaps (CBDT).", valueName: "file"))
  var font = EmojiFont.debianPath

  @Option(help: ArgumentHelp("CLDR's folder, with common/annotations.", valueName: "dir"))
  var cldr = EmojiNames.debianPath

  @Option(
    help: ArgumentHelp(
      "CLDR's names, with commas between: \(EmojiLanguage.all.map(\.name).joined(separator: ", ")).",
      valueName: "list"))
  var languages = "en,zh"

  @Option(help: ArgumentHelp("The pictures' side in pixels, 8 to 512.", valueName: "n"))
  var size = 32

  @Option(help: ArgumentHelp("What chance starts from.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Views of each emoji to train on.", valueName: "n"))
  var views = 16

  @Option(help: ArgumentHelp("Views of each emoji in validation and heldout.", valueName: "n"))
  var validationViews = 1

  @Option(help: ArgumentHelp("The share of emoji that are never trained.", valueName: "share"))
  var heldout = 0.1

  @Option(
    help: ArgumentHelp(
      "At most so many emoji, spread evenly over all there are (default: all).", valueName: "n"))
  var limit: Int?

  @Option(help: "folder (PNG and JSONL) or tar (WebDataset).")
  var format = CorpusOutput.folder

  @Flag(help: "Replace a folder of Emoji that has the name.")
  var overwrite = false

  @Flag(help: "Print what was made as JSON.")
  var json = false

  func run() throws {
    let names = languages.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    let corpus = EmojiCorpus(
      font: font, cldr: cldr, languages: names, seed: seed, side: size, views: views,
      validationViews: validationViews, heldout: heldout, limit: limit, format: format)
    let line = MakeProgress()
    defer { line.finish() }
    let made = try corpus.write(to: destination, overwrite: overwrite) { split, done, count in
      line.update("\(split.rawValue): \(done) of \(count) pictures")
    }
    line.finish()
    guard !json else { return print(made.json) }
    print(destination.visible)
    let rows =
      EmojiCorpus.Split.allCases.map { split in
        [
          split.rawValue, "\(made.emoji[split] ?? 0) emoji",
          Words.count(made.pictures[split] ?? 0, "picture"),
        ]
      } + [
        ["languages", names.joined(separator: ", ")], ["pictures", "\(size)×\(size)"], ["seed", "\(seed)"],
      ]
    for row in TextTable.lines(rows) { print("  " + row) }
  }
}
