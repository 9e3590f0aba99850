internal import TesseraCore
public import TesseraCorpora

/// A held-out set that a stage's model is asked about.
public struct EvaluationRecipe: Sendable {
  public var name: String
  public var source: CorpusSource
  /// Whether the answers are also taken with other samples' pictures and with blank ones.
  public var controls: Bool
  /// Tokens of an answer at most.
  public var maximumAnswer: Int
  /// Of the first set: questions that are asked as the training goes on, and shown in the report.
  public var samples: Int
  /// Prompts that are answered together.
  public var batch: Int

  /// - Parameter compares: whether the set's answers are compared, and none is asked for.
  init(_ node: RecipeNode, compares: Bool = false) throws {
    source = try StageRecipe.source(node)
    name = source.title
    controls = try node.flag("controls", true)
    batch = try node.int("batch", 50)
    maximumAnswer = compares ? 1 : try node.int("max_answer", 48)
    samples = compares ? 1 : try node.int("samples", 6)
    for (key, value) in [("max_answer", maximumAnswer), ("batch", batch), ("samples", samples)]
    where value < 1 {
      throw node.wrong(key, "1 or more", "\(value)")
    }
  }
}
