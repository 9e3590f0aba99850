internal import TesseraCore

extension ReportTable {
  /// The looks at held-out answers of reinforcement learning, each with the rollouts before it; nil where the log has none.
  ///
  /// - Parameter entries: the lines of one stage.
  public static func meter(_ entries: [LogEntry], stage: String) -> ReportTable? {
    var rollout: LogEntry?
    var rows: [[String]] = []
    for entry in entries where entry.stage == stage {
      if entry.kind == .rollout { rollout = entry }
      guard entry.kind == .look else { continue }
      func number(_ entry: LogEntry?, _ field: String, _ decimals: Int) -> String {
        entry?[field]?.number.map { ReportNumber.fixed($0, decimals) } ?? ""
      }
      func share(_ field: String) -> String { entry[field]?.number.map { ReportNumber.percent($0) } ?? "" }
      rows.append([
        "\(entry.step)", number(entry, "reward", 3), share("true_score"), share("stop_rate"),
        number(entry, "length", 1),
        number(rollout, "reward", 3), number(rollout, "kl", 3), number(rollout, "entropy", 3),
        number(rollout, "length", 1),
      ])
    }
    guard !rows.isEmpty else { return nil }
    return ReportTable(
      "\(stage): reward beside true score",
      headers: [
        "step", "held-out reward", "held-out true score", "stop rate", "bytes", "rollouts' reward",
        "divergence", "entropy",
        "tokens",
      ], rows,
      note:
        "Held-out answers are greedy, rollouts are drawn. Divergence: nats an answer; entropy: nats a token.")
  }
}
