private import Foundation
internal import TesseraCore
public import TesseraData
internal import TesseraText

/// Always the most frequent answer to a kind of question: what a model can reach that neither sees nor reads.
///
/// The answers are those of the data that is trained on. A held-out set's own most frequent answers would be known only
/// to those who have seen its answers, and where its frequencies are others they make too high a bar.
public struct MajorityBaseline: Sendable, Hashable {
  /// The answer to questions of each category; "" for those without one.
  public let answers: [String: String]
  /// The most frequent answer of all, for categories that the data does not have.
  public let overall: String

  /// The most frequent answers to some questions; of equally frequent ones the first in the order of their characters.
  public init(_ questions: some Sequence<Question>) {
    var tally = Tally()
    for question in questions { tally.add(question) }
    self.init(tally)
  }

  /// The most frequent answers of data sets. Records that cannot be read count for nothing.
  ///
  /// - Complexity: every record is read once, on all cores; no picture is.
  public init(of datasets: [any Dataset]) {
    let whole = Guarded(Tally())
    for dataset in datasets {
      let (count, share) = (dataset.count, 1024)
      DispatchQueue.concurrentPerform(iterations: (count + share - 1) / share) { number in
        var tally = Tally()
        for index in number * share..<min(count, (number + 1) * share) {
          // What cannot be read is the census's to tell, and to stop at if the recipe says so.
          do {
            for question in try Question.all(of: dataset.sample(at: index)) { tally.add(question) }
          } catch {}
        }
        whole.withLock { $0.add(tally) }
      }
    }
    self.init(whole.withLock { $0 })
  }

  private init(_ tally: Tally) {
    answers = tally.counts.compactMapValues(Self.first)
    var all: [String: Int] = [:]
    for counts in tally.counts.values { all.merge(counts, uniquingKeysWith: +) }
    overall = Self.first(all) ?? ""
  }

  private static func first(_ counts: [String: Int]) -> String? {
    counts.min { ($1.value, $0.key) < ($0.value, $1.key) }?.key
  }

  /// Whether there was a question at all.
  public var isEmpty: Bool { answers.isEmpty }

  /// The answer to a question.
  public func answer(to question: Question) -> String { answers[question.category ?? ""] ?? overall }

  /// The share of questions that it answers right, 0...1; 0 for none.
  public func score(_ questions: [Question]) -> Double {
    let right = questions.count { ExactMatch.isMatch(answer(to: $0), [$0.reference]) }
    return Double(right) / Double(max(1, questions.count))
  }

  /// How often each answer was given, by category.
  private struct Tally {
    var counts: [String: [String: Int]] = [:]

    mutating func add(_ question: Question) {
      counts[question.category ?? "", default: [:]][question.reference, default: 0] += 1
    }

    mutating func add(_ other: Tally) {
      for (category, answers) in other.counts {
        counts[category, default: [:]].merge(answers, uniquingKeysWith: +)
      }
    }
  }
}
