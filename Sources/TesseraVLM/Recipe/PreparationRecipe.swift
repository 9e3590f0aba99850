internal import TesseraCore
public import TesseraCorpora

/// Data that is made before a run.
public struct PreparationRecipe: Sendable, Hashable {
  /// What is made, and how.
  public enum Corpus: Sendable, Hashable {
    case shapes(ShapesCorpus)
    case emoji(EmojiCorpus)
  }

  /// `make`: what is made.
  private enum Kind: String, CaseIterable { case shapes, emoji }

  public var corpus: Corpus
  /// The folder, in the run's own unless it is absolute.
  public var folder: String

  init(_ node: RecipeNode) throws {
    let kind = try node.word("make", Kind.shapes)
    folder = try node.text("folder", kind.rawValue)
    switch kind {
    case .shapes: corpus = .shapes(try Self.shapes(node))
    case .emoji: corpus = .emoji(try Self.emoji(node))
    }
  }

  private static func shapes(_ node: RecipeNode) throws -> ShapesCorpus {
    var counts: [ShapesSplit: Int] = [:]
    for (split, standard) in [(ShapesSplit.train, 20_000), (.validation, 400), (.heldout, 400)] {
      counts[split] = try node.int(split.rawValue, standard)
    }
    let side = try node.int("size", 48)
    let seed = UInt64(bitPattern: Int64(try node.int("seed", 0)))
    for (split, count) in counts where count < 0 {
      throw node.wrong(split.rawValue, "0 or more", "\(count)")
    }
    let questions = try node.int("questions", 2)
    guard (0...ShapesScene.questionLimit).contains(questions) else {
      throw node.wrong("questions", "0...\(ShapesScene.questionLimit) a scene", "\(questions)")
    }
    let turns = try node.int("turns", 0)
    guard (0...ShapesScene.questionLimit - questions).contains(turns) else {
      throw node.wrong(
        "turns", "0...\(ShapesScene.questionLimit - questions) beside \(questions) questions", "\(turns)")
    }
    let descriptions = try node.flag("descriptions", false)
    return ShapesCorpus(
      seed: seed, counts: counts, side: side, questions: questions, turns: turns, descriptions: descriptions)
  }

  private static func emoji(_ node: RecipeNode) throws -> EmojiCorpus {
    var corpus = EmojiCorpus()
    corpus.views = try node.int("views", corpus.views)
    corpus.validationViews = try node.int("validation_views", corpus.validationViews)
    corpus.heldout = try node.number("heldout", corpus.heldout)
    corpus.limit = try node.int("limit")
    corpus.side = try node.int("size", corpus.side)
    corpus.seed = UInt64(bitPattern: Int64(try node.int("seed", 0)))
    corpus.font = try node.text("font", corpus.font)
    corpus.cldr = try node.text("cldr", corpus.cldr)
    corpus.languages = try node.texts("languages", corpus.languages)
    do { try corpus.check() } catch let error as TesseraError {
      guard case .invalidArgument(let name, let expected, let got) = error.reason else { throw error }
      throw node.wrong("make", "Emoji whose settings fit (\(name): \(expected))", got)
    }
    return corpus
  }

  /// What is made, in words.
  var words: String {
    switch corpus {
    case .shapes(let corpus): "Shapes: \(corpus.counts[.train] ?? 0) scenes to train on"
    case .emoji(let corpus):
      "Emoji: \(corpus.views) views of each to train on, named in \(corpus.languages.joined(separator: ", "))"
    }
  }

  /// - Throws: what the corpus throws; for a font or names that are not there it says which package has them.
  func write(to path: String) throws {
    switch corpus {
    case .shapes(let corpus): try corpus.write(to: path)
    case .emoji(let corpus): try corpus.write(to: path)
    }
  }

  /// Whether a folder was made with these settings.
  ///
  /// - Throws: `io`, `corrupt` for a folder that is not one of the corpus.
  func isWritten(at path: String) throws -> Bool {
    switch corpus {
    case .shapes(let corpus): try corpus.isWritten(at: path)
    case .emoji(let corpus): try corpus.isWritten(at: path)
    }
  }
}
