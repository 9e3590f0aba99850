internal import TesseraCore
public import TesseraCorpora

/// What a reward stage has besides what every stage has.
public struct RewardRecipe: Sendable {
  /// How pairs are learned.
  public var loss: PairLoss
  /// Answers of the reference policy (the model that the stage begins with) whose scores are brought to mean 0 and
  /// deviation 1.
  public var normalisingAnswers: Int
  /// The questions that the reference policy is asked, for that and for `best of n`; nil for the training data's prompts and
  /// no `best of n`.
  public var questions: CorpusSource?
  /// Draws of `best of n`: 1, 2, 4 … up to so many are chosen from.
  public var draws: Int
  /// Questions that are asked for it at most.
  public var prompts: Int
  /// What the reference policy's logits are divided by before it draws.
  public var temperature: Double
  /// Tokens of a drawn answer at most.
  public var maximumAnswer: Int

  init(_ node: RecipeNode) throws {
    loss = PairLoss()
    loss.centring = try node.number("centring", loss.centring)
    loss.margin = try node.number("margin", loss.margin)
    normalisingAnswers = try node.int("normalise", 256)
    let policy = try node.section("policy")
    questions = try policy.mapping("questions").map(StageRecipe.source)
    draws = try policy.int("draws", 16)
    prompts = try policy.int("prompts", 100)
    temperature = try policy.number("temperature", 1)
    maximumAnswer = try policy.int("max_answer", 48)
    for (node, key, value, least) in [
      (node, "normalise", normalisingAnswers, 2), (policy, "draws", draws, 1),
      (policy, "prompts", prompts, 1),
      (policy, "max_answer", maximumAnswer, 1),
    ] where value < least {
      throw node.wrong(key, "\(least) or more", "\(value)")
    }
    for (key, value) in [("centring", loss.centring), ("margin", loss.margin)]
    where !(value >= 0 && value.isFinite) {
      throw node.wrong(key, "0 or more", "\(value)")
    }
    guard temperature > 0, temperature.isFinite else {
      throw policy.wrong("temperature", "above 0", "\(temperature)")
    }
  }
}
