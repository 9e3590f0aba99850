private import Foundation
internal import TesseraCore

/// CIDEr (Vedantam et al. 2015): how near captions come to their references, in sequences of one to four words of which
/// each weighs the more the fewer pictures have it in their references. Equal to pycocoevalcap's and to the authors' own
/// code, for texts that are cut into words alike.
///
/// The weights come from the references of the corpus itself: with one picture alone, every score is 0.
public struct CIDEr: Sendable, Equatable {
  /// Which of the two.
  public enum Kind: Sendable, Hashable {
    /// The plain cosine, 0...10.
    case cider
    /// CIDEr-D, which the COCO server and pycocoevalcap call CIDEr: repeated words count no more often than in the
    /// reference, and a length that differs by `d` costs a factor of e^(−d² / 2·6²). As in the authors' code, length is
    /// the number of pairs of words.
    case ciderD
  }

  /// The mean of the scores, 0...10 and for CIDEr-D too.
  public let score: Double
  /// Each answer's score.
  public let scores: [Double]

  /// The scores of a corpus.
  ///
  /// - Throws: `invalidInput` if there are no answers, not as many as lists of references, or a list is empty.
  public init(
    _ answers: [String], references: [[String]], kind: Kind = .ciderD, tokenizer: MetricTokenizer = .caption
  ) throws {
    try MetricInput.check("CIDEr", answers.count, references)
    var vocabulary = NGrams.Vocabulary()
    let known = references.map { $0.map { NGrams(tokenizer.words($0), &vocabulary) } }
    let given = answers.map { NGrams(tokenizer.words($0), &vocabulary) }
    var pictures: [[Int32]: Int] = [:]
    for references in known {
      for words in Set(references.flatMap { $0.counts.map(\.words) }) { pictures[words, default: 0] += 1 }
    }
    let logCount = log(Double(answers.count))
    func vector(_ grams: NGrams) -> Vector {
      Vector(grams) { logCount - log(max(1, Double(pictures[$0] ?? 0))) }
    }
    scores = zip(given, known).map { answer, references in
      let answer = vector(answer)
      var sums = [0.0, 0, 0, 0]
      for reference in references {
        let similar = answer.similarity(to: vector(reference), kind)
        for order in 0..<4 { sums[order] += similar[order] }
      }
      return sums.reduce(0, +) / 4 / Double(references.count) * 10
    }
    score = scores.reduce(0, +) / Double(scores.count)
  }

  /// A text's sequences with their weights.
  private struct Vector {
    private let grams: NGrams
    private let weights: [Double]
    private var norms = [0.0, 0, 0, 0]
    private var pairs = 0

    init(_ grams: NGrams, weight: ([Int32]) -> Double) {
      self.grams = grams
      weights = grams.counts.map { Double($0.count) * weight($0.words) }
      for ((words, count), weight) in zip(grams.counts, weights) {
        norms[words.count - 1] += weight * weight
        if words.count == 2 { pairs += count }
      }
      norms = norms.map { $0.squareRoot() }
    }

    /// The cosines by order, with CIDEr-D's clipping and penalty.
    func similarity(to reference: Vector, _ kind: Kind) -> [Double] {
      var sums = [0.0, 0, 0, 0]
      for (place, (words, _)) in grams.counts.enumerated() {
        guard let other = reference.grams.places[words].map({ reference.weights[$0] }) else { continue }
        sums[words.count - 1] += (kind == .ciderD ? min(weights[place], other) : weights[place]) * other
      }
      let delta = Double(pairs - reference.pairs)
      let penalty = kind == .ciderD ? exp(-delta * delta / 72) : 1
      for order in 0..<4 {
        let norm = norms[order] * reference.norms[order]
        if norm != 0 { sums[order] /= norm }
        sums[order] *= penalty
      }
      return sums
    }
  }
}
