/// The answers of one category, and how well the most common of them does by itself.
public struct CorpusCategory: Sendable, Hashable, Codable {
  /// The category; empty for samples without one.
  public var name: String
  public var samples: Int
  /// Captions and turns of the assistant.
  public var answers: Int
  public var distinctAnswers: Int
  /// The most common answer, in lower case; of several the first in the alphabet.
  public var commonAnswer: String
  /// How often it is the answer.
  public var commonCount: Int

  /// What one scores who always gives the most common answer: what a model must beat, 0...1.
  public var majority: Double { answers == 0 ? 0 : Double(commonCount) / Double(answers) }
}

/// Counts answers by category.
struct CategoryTally: Sendable {
  private var samples: [String: Int] = [:]
  private var answers: [String: [String: Int]] = [:]

  mutating func add(_ facts: SampleFacts) {
    let name = facts.category ?? ""
    samples[name, default: 0] += 1
    for answer in facts.answers { answers[name, default: [:]][answer, default: 0] += 1 }
  }

  /// Rows, the largest category first.
  var categories: [CorpusCategory] {
    samples.map { name, count in
      let counts = answers[name] ?? [:]
      let common = counts.min { $0.value != $1.value ? $0.value > $1.value : $0.key < $1.key }
      return CorpusCategory(
        name: name, samples: count, answers: counts.values.reduce(0, +), distinctAnswers: counts.count,
        commonAnswer: common?.key ?? "", commonCount: common?.value ?? 0)
    }
    .sorted { $0.samples != $1.samples ? $0.samples > $1.samples : $0.name < $1.name }
  }
}
