internal import TesseraCore

/// The charts that a run's log gives: the losses, learning rate, gradient norm and speeds of its stages, one after another.
public struct TrainingCurves: Sendable, Equatable {
  /// The stages in their order, with the steps that were logged of them.
  public private(set) var stages: [StageSpan] = []
  /// The charts of which the log has values.
  public private(set) var charts: [Chart] = []
  /// The log's events, and how the process went.
  public private(set) var events: [RunEvent] = []

  /// The charts of a log.
  ///
  /// - Parameter entries: the log's lines in their order, as `RunLog.entries` gives them.
  public init(_ entries: [LogEntry]) {
    for entry in entries {
      if stages.last?.name != entry.stage {
        stages.append(StageSpan(entry.stage, start: stages.last.map { $0.start + $0.steps } ?? 0, steps: 0))
      }
      stages[stages.count - 1].steps = max(stages[stages.count - 1].steps, Double(entry.step))
      if entry.kind == .event || entry.kind == .session {
        let message = entry[LogField.message]?.text ?? Self.words(entry)
        events.append(
          RunEvent(
            stage: entry.stage, step: entry.step, message, isWarning: entry[LogField.isWarning]?.flag ?? false
          ))
      }
    }
    addCharts(entries)
  }

  private mutating func addCharts(_ entries: [LogEntry]) {
    // What is minimised in reinforcement learning is no measure of anything.
    let drawing = Set(entries.filter { $0.kind == .rollout }.map(\.stage))
    var losses = curves(
      entries.filter { !drawing.contains($0.stage) || $0.kind != .train }, LogField.loss, "training")
    let validation = points(entries, .validation, LogField.loss)
    if !validation.isEmpty { losses.append(Curve("validation", validation, style: .dots)) }
    if !losses.isEmpty {
      let comparing = entries.contains { $0["pair_accuracy"] != nil }
      let title = "Loss for each supervised token" + (comparing ? " (of preferences: each prompt)" : "")
      charts.append(Chart(title, unit: "nats", losses, isWide: true))
    }
    addMeter(entries)
    let rates = points(entries, .train, LogField.learningRate)
    if !rates.isEmpty { charts.append(Chart("Learning rate", [Curve("learning rate", rates)])) }
    let norms = curves(entries, LogField.gradientNorm, "gradient norm")
    if !norms.isEmpty { charts.append(Chart("Gradient norm", norms)) }
    for (title, field, unit, factor) in [
      ("Tokens a second", LogField.tokensPerSecond, "", 1.0),
      ("Waiting for data", LogField.dataWait, "% of the time", 100),
    ] {
      let curves = curves(entries, field, title.lowercased(), times: factor)
      if !curves.isEmpty { charts.append(Chart(title, unit: unit, curves, scale: .linear, hasZero: true)) }
    }
  }

  /// Reinforcement learning: the reward beside what it should mean, and how far the policy has gone for it.
  private mutating func addMeter(_ entries: [LogEntry]) {
    let curves = [
      ("reward of rollouts", LogEntry.Kind.rollout, "reward", Curve.Style.line, 1.0),
      ("reward of held-out answers", .look, "reward", .dots, 1),
      ("true score of rollouts, 0...1", .rollout, "true_score", .line, 1),
      ("true score of held-out answers, 0...1", .look, "true_score", .dots, 1),
      ("divergence, nats an answer", .rollout, "kl", .line, 1),
      ("entropy, nats a token", .rollout, "entropy", .line, 1),
      ("length, tens of tokens", .rollout, "length", .line, 0.1),
      ("stop rate, 0...1", .rollout, "stop_rate", .line, 1),
    ].compactMap { name, kind, field, style, factor -> Curve? in
      let points = points(entries, kind, field).map { (x: $0.x, y: $0.y * factor) }
      return points.isEmpty ? nil : Curve(name, points, style: style)
    }
    guard !curves.isEmpty else { return }
    charts.append(Chart("Reward and true score", curves, scale: .linear, hasZero: true, isWide: true))
  }

  /// The values of training steps as they are, and smoothed.
  private func curves(_ entries: [LogEntry], _ field: String, _ name: String, times factor: Double = 1)
    -> [Curve]
  {
    let points = points(entries, .train, field).map { (x: $0.x, y: $0.y * factor) }
    guard points.count > 20 else { return points.isEmpty ? [] : [Curve(name, points)] }
    let raw = Curve(name, points, style: .faint)
    // A twentieth of the curve, at most a hundred values: enough to see through the noise of small batches.
    let over = min(points.count / 20, 100)
    return [raw, raw.smoothed(over: over, name: "\(name), smoothed", breaks: stages.map(\.start))]
  }

  private func points(_ entries: [LogEntry], _ kind: LogEntry.Kind, _ field: String) -> [(
    x: Double, y: Double
  )] {
    var stage = -1
    var name: String?
    var points: [(x: Double, y: Double)] = []
    for entry in entries {
      if entry.stage != name { (stage, name) = (stage + 1, entry.stage) }
      guard entry.kind == kind, let value = entry[field]?.number else { continue }
      points.append((stages[stage].start + Double(entry.step), value))
    }
    return points
  }

  /// The fields of an event without a message.
  private static func words(_ entry: LogEntry) -> String {
    let parts = entry.fields.filter { $0.name != LogField.isWarning }.map {
      "\($0.name): \($0.value.json.text)"
    }
    return parts.isEmpty ? entry.kind.rawValue : parts.joined(separator: ", ")
  }
}
