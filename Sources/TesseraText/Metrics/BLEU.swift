private import Foundation
internal import TesseraCore

/// BLEU of a corpus (Papineni et al. 2002): how many sequences of one to four words the answers share with their
/// references, times a penalty for answers that are too short. Equal to sacrebleu's.
public struct BLEU: Sendable, Equatable {
  /// What stands for a precision of no match at all (Chen and Cherry 2014).
  public enum Smoothing: Sendable, Hashable {
    /// Nothing: the score is then (nearly) 0.
    case none
    /// Half of one match for the first such order, a quarter for the next, and so on: sacrebleu's default.
    case exp
    /// So much of one match.
    case floor(Double)
    /// So much added to matches and counts of orders over one.
    case add(Double)
  }

  /// The score, 0...100.
  public let score: Double
  /// The precisions of one to four words, 0...100, smoothed.
  public let precisions: [Double]
  /// 1 unless the answers are shorter than the references.
  public let brevityPenalty: Double
  /// Words of the answers.
  public let length: Int
  /// Words of the references that are nearest to the answers' length.
  public let referenceLength: Int

  /// The score of a corpus.
  ///
  /// - Throws: `invalidInput` if there are no answers, not as many as lists of references, or a list is empty. An empty
  ///   answer is one without matches.
  public init(
    _ answers: [String], references: [[String]], tokenizer: MetricTokenizer = .v13a,
    smoothing: Smoothing = .exp
  ) throws {
    try MetricInput.check("BLEU", answers.count, references)
    var matches = [0, 0, 0, 0]
    var totals = matches
    var (length, referenceLength) = (0, 0)
    for (answer, references) in zip(answers, references) {
      var vocabulary = NGrams.Vocabulary()
      let grams = NGrams(tokenizer.words(answer), &vocabulary)
      let known = references.map { NGrams(tokenizer.words($0), &vocabulary) }
      for (words, count) in grams.counts {
        totals[words.count - 1] += count
        matches[words.count - 1] += min(count, known.map { $0.count(of: words) }.max() ?? 0)
      }
      length += grams.length
      referenceLength += Self.nearest(grams.length, known.map(\.length))
    }
    (self.length, self.referenceLength) = (length, referenceLength)
    brevityPenalty =
      length >= referenceLength ? 1 : length == 0 ? 0 : exp(1 - Double(referenceLength) / Double(length))
    precisions = Self.precisions(matches, totals, smoothing)
    guard matches.contains(where: { $0 > 0 }) else {
      score = 0
      return
    }
    // As sacrebleu, which takes this for the logarithm of nothing.
    let logs = precisions.map { $0 == 0 ? -9_999_999_999 : log($0) }
    score = brevityPenalty * exp(logs.reduce(0, +) / 4)
  }

  /// The length nearest to the answer's; of two, the shorter.
  private static func nearest(_ length: Int, _ lengths: [Int]) -> Int {
    lengths.min { (abs($0 - length), $0) < (abs($1 - length), $1) } ?? 0
  }

  private static func precisions(_ matches: [Int], _ totals: [Int], _ smoothing: Smoothing) -> [Double] {
    var precisions = [0.0, 0, 0, 0]
    guard matches.contains(where: { $0 > 0 }) else { return precisions }
    var divisor = 1.0
    for order in 0..<4 {
      var (match, total) = (Double(matches[order]), Double(totals[order]))
      if case .add(let value) = smoothing, order > 0 {
        match += value
        total += value
      }
      // Answers so short have no longer sequences either.
      if total == 0 { break }
      if match > 0 {
        precisions[order] = 100 * match / total
        continue
      }
      switch smoothing {
      case .exp:
        divisor *= 2
        precisions[order] = 100 / (divisor * total)
      case .floor(let value): precisions[order] = 100 * value / total
      case .none, .add: break
      }
    }
    return precisions
  }
}
