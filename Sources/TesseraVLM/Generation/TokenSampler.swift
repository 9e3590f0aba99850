private import Foundation
internal import TesseraCore

/// Chooses the next token from logits.
package struct TokenSampler {
  let options: GenerationOptions
  /// Tokens that are never chosen: a picture's place, padding, rows without a token.
  let banned: Set<Int>
  /// Which answer of the batch: each has its own chance, so that the others do not matter.
  let row: Int

  package init(options: GenerationOptions, banned: Set<Int>, row: Int) {
    (self.options, self.banned, self.row) = (options, banned, row)
  }

  /// A token, and how far the likeliest logit is above the second.
  package struct Choice {
    package var token: Int
    package var gap: Double
    /// Of the whole distribution, where the options ask for it.
    package var logProbability: Double?
  }

  /// Chooses the token at a place of the answer.
  ///
  /// - Parameters:
  ///   - logits: one for each row of the vocabulary.
  ///   - seen: the tokens of prompt and answer so far, for the penalty.
  package func choose(_ logits: [Double], seen: Set<Int>, place: Int) -> Choice {
    let scores = scores(logits, seen: seen)
    let greedy = Self.likeliest(scores)
    guard options.temperature > 0 else { return keeping(greedy, scores) }
    var random = RandomStream(seed: options.seed, epoch: UInt64(row), sample: UInt64(place))
    let token = Self.draw(candidates(scores, top: greedy.token), at: random.uniform())
    return keeping(Choice(token: token ?? greedy.token, gap: greedy.gap), scores)
  }

  /// The choice with its log-probability, where the options ask for it.
  private func keeping(_ choice: Choice, _ scores: [Double]) -> Choice {
    guard options.keepsLogProbabilities else { return choice }
    let temperature = options.temperature > 0 ? options.temperature : 1
    let top = scores.max() ?? 0
    let sum = scores.reduce(0) { $0 + Self.weight($1, top, temperature) }
    var choice = choice
    choice.logProbability = (scores[choice.token] - top) / temperature - log(sum)
    return choice
  }

  /// Logits after ban and penalty.
  package func scores(_ logits: [Double], seen: Set<Int>) -> [Double] {
    var scores = logits
    for token in banned where token < scores.count { scores[token] = -.infinity }
    guard options.repetitionPenalty != 1 else { return scores }
    for token in seen where token < scores.count {
      let score = scores[token]
      scores[token] = score > 0 ? score / options.repetitionPenalty : score * options.repetitionPenalty
    }
    return scores
  }

  /// The greatest score and its lead; of equals the first, as torch's argmax.
  package static func likeliest(_ scores: [Double]) -> Choice {
    var (best, first, second) = (0, -Double.infinity, -Double.infinity)
    for (token, score) in scores.enumerated() {
      if score > first {
        (best, first, second) = (token, score, first)
      } else if score > second {
        second = score
      }
    }
    return Choice(token: best, gap: first - second)
  }

  /// The tokens that may be drawn, in the vocabulary's order, with weights in proportion to their probabilities.
  ///
  /// - Parameter top: the likeliest token.
  package func candidates(_ scores: [Double], top: Int) -> [(token: Int, weight: Double)] {
    let highest = scores[top]
    var left = scores.enumerated().map {
      (token: $0.offset, weight: Self.weight($0.element, highest, options.temperature))
    }
    .filter { $0.weight > 0 }
    if let count = options.topK, count < left.count {
      // All that are as likely as the last are kept, as transformers does.
      let least = left.map(\.weight).sorted(by: >)[count - 1]
      left.removeAll { $0.weight < least }
    }
    if options.topP < 1 { left = nucleus(left) }
    if options.minP > 0 {
      // Weights are relative to the likeliest's, which is 1.
      left.removeAll { $0.weight < options.minP }
    }
    return left
  }

  /// The token in which a number in 0..<1 falls, when the probabilities of the candidates are laid end to end.
  private static func draw(_ candidates: [(token: Int, weight: Double)], at chance: Double) -> Int? {
    var rest = chance * candidates.reduce(0) { $0 + $1.weight }
    for candidate in candidates {
      rest -= candidate.weight
      if rest < 0 { return candidate.token }
    }
    return candidates.last?.token
  }

  private static func weight(_ score: Double, _ top: Double, _ temperature: Double) -> Double {
    score == -.infinity ? 0 : exp((score - top) / temperature)
  }

  /// The fewest of the likeliest whose probability reaches top-p.
  private func nucleus(_ candidates: [(token: Int, weight: Double)]) -> [(token: Int, weight: Double)] {
    let total = candidates.reduce(0) { $0 + $1.weight }
    // Those below this bound have less than 1 − p together: only the others need an order.
    let bound = (1 - options.topP) * total / Double(candidates.count)
    let sorted = candidates.filter { $0.weight >= bound }.sorted {
      ($0.weight, $1.token) > ($1.weight, $0.token)
    }
    var mass = 0.0
    var kept: [(token: Int, weight: Double)] = []
    for candidate in sorted {
      kept.append(candidate)
      mass += candidate.weight
      if mass >= options.topP * total { break }
    }
    return kept.sorted { $0.token < $1.token }
  }
}
