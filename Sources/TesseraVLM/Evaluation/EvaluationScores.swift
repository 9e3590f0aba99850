internal import TesseraCore
internal import TesseraTracking
internal import TesseraText

/// What answers are worth.
public struct EvaluationScores: Sendable, Hashable {
  public var questions: Int
  /// The share of answers that are the reference, character by character but for white space at the ends.
  public var exactMatch: Double
  /// 0...100.
  public var bleu: Double
  public var cider: Double
  /// The share of answers that the model ended itself.
  public var stopRate: Double
  /// Exact match by category.
  public var byCategory: [String: Double]
  /// Questions by category.
  public var countByCategory: [String: Int]
  /// What always giving each category's most frequent answer would score.
  public var majority: Double
  /// The same by category.
  public var majorityByCategory: [String: Double]
  /// Whether the most frequent answers are those of the data that was trained on, not of these questions themselves.
  public var isMajorityOfTraining: Bool

  /// - Parameter baseline: the training set's most frequent answers; nil, or none, for those of the questions.
  /// - Throws: what the metrics throw for no answers.
  public init(_ replies: [Evaluator.Reply], majority baseline: MajorityBaseline? = nil) throws {
    questions = replies.count
    exactMatch = Self.share(replies)
    let answers = replies.map(\.answer)
    let references = replies.map { [$0.question.reference] }
    bleu = try BLEU(answers, references: references).score
    cider = try CIDEr(answers, references: references).score
    stopRate = Double(replies.count { $0.isStopped }) / Double(max(1, replies.count))
    let groups = Dictionary(grouping: replies) { $0.question.category ?? "" }
    byCategory = groups.count > 1 ? groups.mapValues(Self.share) : [:]
    countByCategory = byCategory.isEmpty ? [:] : groups.mapValues(\.count)
    isMajorityOfTraining = baseline.map { !$0.isEmpty } ?? false
    let frequent = isMajorityOfTraining ? baseline : nil
    let known = frequent ?? MajorityBaseline(replies.map(\.question))
    majority = known.score(replies.map(\.question))
    majorityByCategory = groups.count > 1 ? groups.mapValues { known.score($0.map(\.question)) } : [:]
  }

  private static func share(_ replies: [Evaluator.Reply]) -> Double {
    Double(replies.count { $0.isRight }) / Double(max(1, replies.count))
  }
}

extension EvaluationScores {
  /// A row for each metric, with its controls.
  static func rows(_ scores: [Evaluator.Sight: EvaluationScores]) -> [EvaluationTable.Row] {
    guard !scores.isEmpty else { return [] }
    let own = scores[.real]
    func row(
      _ name: String, _ format: EvaluationTable.Format, category: String? = nil, controls: Bool = true,
      _ value: (EvaluationScores) -> Double?
    ) -> EvaluationTable.Row {
      EvaluationTable.Row(
        name, category: category, count: category.map { own?.countByCategory[$0] } ?? own?.questions,
        format: format, real: own.flatMap(value),
        shuffled: controls ? scores[.shuffled].flatMap(value) : nil,
        blank: controls ? scores[.blank].flatMap(value) : nil)
    }
    let categories = own?.byCategory.keys.sorted() ?? []
    var rows = [row("exact match", .share) { $0.exactMatch }]
    rows += categories.map { name in row("exact match", .share, category: name) { $0.byCategory[name] } }
    // It looks at no picture, so it has no controls.
    let frequent =
      own?.isMajorityOfTraining == true
      ? "always training's most frequent answer" : "always the most frequent answer"
    rows.append(row(frequent, .share, controls: false) { $0.majority })
    rows += categories.map { name in
      row(frequent, .share, category: name, controls: false) { $0.majorityByCategory[name] }
    }
    rows.append(row("BLEU-4", .score(decimals: 1)) { $0.bleu })
    rows.append(row("CIDEr-D", .score(decimals: 2)) { $0.cider })
    rows.append(row("stop rate", .share) { $0.stopRate })
    return rows
  }
}

extension EvaluationScores: CustomStringConvertible {
  /// `exact 98.5 % of 400; BLEU 99.1; CIDEr 9.8; stops 100 %; colour 99 %, count 97 %`.
  public var description: String {
    func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
    let groups = byCategory.sorted { $0.key < $1.key }.map { "\($0.key) \(percent($0.value))" }
    return "exact \(percent(exactMatch)) of \(questions) (majority \(percent(majority))); "
      + "BLEU \((bleu * 10).rounded() / 10); CIDEr \((cider * 100).rounded() / 100); stops \(percent(stopRate))"
      + (groups.isEmpty ? "" : "; \(groups.joined(separator: ", "))")
  }
}
