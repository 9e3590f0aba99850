private import Foundation
internal import TesseraCore
public import TesseraText

/// Writes answers token by token.
///
/// Greedy answers are the same with and without cache and for any batch, wherever the two likeliest logits are further
/// apart than rounding (1e-4; in float64 always). Tokens of structure (a picture's, padding, rows of the embedding
/// without a token) are never chosen.
public struct Generator: Sendable {
  public let model: any GenerativeModel
  public let tokenizer: Tokenizer
  /// Tokens that end an answer.
  public var endTokens: Set<Int>
  /// What shorter prompts are filled up with at the left; never seen by the model.
  public var padToken: Int
  /// Tokens that are never chosen.
  public var banned: Set<Int>

  /// - Parameter padToken: nil where the model has none: then any id will do, since padding is masked.
  public init(
    _ model: any GenerativeModel, _ tokenizer: Tokenizer, endTokens: [Int], padToken: Int?
  ) {
    self.model = model
    self.tokenizer = tokenizer
    self.endTokens = Set(endTokens)
    self.padToken = padToken ?? 0
    banned = Set([model.imageToken].compactMap { $0 })
    if let padToken, !self.endTokens.contains(padToken) { banned.insert(padToken) }
    for id in 0..<model.text.vocabularySize where tokenizer.token(id) == nil { banned.insert(id) }
  }

  /// Answers prompts together.
  ///
  /// - Parameters:
  ///   - memory: the tokens of an earlier turn, which need not be computed again where this prompt begins with them;
  ///     for one prompt only. It holds this turn's afterwards.
  ///   - listen: gets each answer's text as it comes, never half a character; false ends that answer.
  /// - Throws: `invalidArgument` for options; `invalidInput` for a prompt that is empty, longer than the model's
  ///   positions, or does not fit its pictures.
  public func answer(
    _ prompts: [Prompt], _ options: GenerationOptions = GenerationOptions(), memory: ChatMemory? = nil,
    listen: (_ row: Int, _ text: String) -> Bool = { _, _ in true }
  ) throws -> (answers: [Answer], times: GenerationTimes) {
    try options.validate()
    precondition(memory == nil || prompts.count == 1, "a memory is of one conversation")
    for prompt in prompts { try check(prompt, options) }
    guard !prompts.isEmpty else { return ([], GenerationTimes()) }
    return try noGrad {
      var run = try GenerationRun(self, prompts, options, memory)
      let started = ProcessInfo.processInfo.systemUptime
      try run.prefill()
      try run.choose(listen)
      run.times.firstToken = ProcessInfo.processInfo.systemUptime - started
      while !run.isDone {
        try run.step()
        try run.choose(listen)
      }
      run.times.decode = ProcessInfo.processInfo.systemUptime - started - run.times.firstToken
      return run.finish(listen)
    }
  }

  private func check(_ prompt: Prompt, _ options: GenerationOptions) throws {
    guard !prompt.ids.isEmpty else {
      throw TesseraError(
        .invalidInput(operation: "generation", expected: "a prompt of one token or more", got: "none"))
    }
    let limit = model.text.maxPositions
    guard prompt.ids.count < limit else {
      throw TesseraError(
        .limitExceeded(
          what:
            "tokens of the prompt (the model has max_position_embeddings \(limit), and an answer needs one)",
          limit: limit - 1, found: prompt.ids.count))
    }
    guard prompt.imageSpans.count == prompt.pixels.count else {
      throw TesseraError(
        .invalidInput(
          operation: "the prompt",
          expected: "a place in the text for each of \(prompt.pixels.count) pictures",
          got: "\(prompt.imageSpans.count)"))
    }
  }
}
