internal import TesseraTracking

extension EvaluationScores {
  /// A row for each number, with its controls.
  static func rows(_ scores: [Evaluator.Sight: EvaluationScores]) -> [EvaluationTable.Row] {
    guard let real = scores[.real] else { return [] }
    return real.values.map { score in
      func control(_ sight: Evaluator.Sight) -> Double? {
        score.isControlled ? scores[sight]?[score.name, category: score.category] : nil
      }
      return EvaluationTable.Row(
        score.name, category: score.category, count: score.count ?? real.questions,
        format: score.format.ofTable, real: score.value, shuffled: control(.shuffled), blank: control(.blank))
    }
  }
}

extension MetricScore.Format {
  /// The report's word for it.
  fileprivate var ofTable: EvaluationTable.Format {
    switch self {
    case .share: .share
    case .score(let decimals): .score(decimals: decimals)
    case .loss(let decimals): .loss(decimals: decimals)
    }
  }
}

extension EvaluationScores: CustomStringConvertible {
  /// `exact match 98.5 %, BLEU-4 99.1, CIDEr-D 9.8, stop rate 100 % of 400; colour 99 %, count 97 %`.
  public var description: String {
    func words(_ score: MetricScore) -> String {
      func rounded(_ places: Int) -> Double {
        let unit = (0..<places).reduce(1.0) { unit, _ in unit * 10 }
        return (score.value * unit).rounded() / unit
      }
      return switch score.format {
      case .share: "\((score.value * 1000).rounded() / 10) %"
      case .score(let decimals), .loss(let decimals): "\(rounded(decimals))"
      }
    }
    let all = values.filter { $0.category == nil }.map { "\($0.name) \(words($0))" }
    let parts = values.filter(\.isControlled).compactMap { score in
      score.category.map { "\($0) \(words(score))" }
    }
    return "\(all.joined(separator: ", ")) of \(questions)"
      + (parts.isEmpty ? "" : "; \(parts.joined(separator: ", "))")
  }
}
