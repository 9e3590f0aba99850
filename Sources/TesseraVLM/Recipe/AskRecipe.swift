internal import TesseraCore
public import TesseraCorpora

/// Questions that every stage's model is asked: the same ones, so that a reader sees what each stage changes.
public struct AskRecipe: Sendable {
  public var source: CorpusSource
  /// How many of its questions, spread over all of them.
  public var samples: Int
  /// Tokens of an answer at most.
  public var maximumAnswer: Int

  init(_ node: RecipeNode) throws {
    source = try StageRecipe.source(node)
    samples = try node.int("samples", 10)
    maximumAnswer = try node.int("max_answer", 48)
    for (key, value) in [("samples", samples), ("max_answer", maximumAnswer)] where value < 1 {
      throw node.wrong(key, "1 or more", "\(value)")
    }
  }
}
