/// What replies are worth, as named numbers: one's own measure plugs in by these two functions.
///
///     /// How many words an answer has.
///     struct MeanLength: Metric {
///       private var (words, count) = (0, 0)
///       mutating func add(_ reply: Evaluator.Reply) {
///         words += reply.answer.split(separator: " ").count
///         count += 1
///       }
///       func scores() -> [MetricScore] {
///         [MetricScore("words", Double(words) / Double(max(1, count)), .score(decimals: 1))]
///       }
///     }
///     evaluator.metrics.append(MeanLength())
///
/// A metric is a value: a fresh copy measures each set of replies. What a reply is, is the metric's to say:
/// `Evaluator.Reply` has the question, its pictures, the reference and the answer; a classifier's may be two numbers.
public protocol Metric<Reply>: Sendable {
  /// One thing that is measured.
  associatedtype Reply

  /// Takes one more reply in.
  ///
  /// - Throws: what is wrong with this reply.
  mutating func add(_ reply: Reply) throws

  /// What all replies so far come to, in the order in which people read it. No two have the same name and category.
  ///
  /// - Throws: `invalidInput` where they are too few to say.
  func scores() throws -> [MetricScore]
}

extension Metric {
  /// What these replies come to, on top of those that were added before.
  ///
  /// - Throws: what `add` and `scores()` throw.
  public func scores(of replies: some Sequence<Reply>) throws -> [MetricScore] {
    var metric = self
    for reply in replies { try metric.add(reply) }
    return try metric.scores()
  }
}
