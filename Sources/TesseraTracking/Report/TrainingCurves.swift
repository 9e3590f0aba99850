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
            stage: entry.stage, step: entry.step, message, isWarning: entry[LogField.isWarning]?.flag ?? false))
      }
    }
    let starts = stages.map(\.start)
    func curve(_ kind: LogEntry.Kind, _ field: String, _ name: String, _ style: Curve.Style = .line) -> Curve? {
      let points = points(entries, kind, field)
      return points.isEmpty ? nil : Curve(name, points, style: style)
    }
    var losses: [Curve] = []
    if let raw = curve(.train, LogField.loss, "training", .faint) {
      // A twentieth of the curve, at most a hundred values: enough to see through the noise of small batches.
      let over = min(max(Double(raw.points.count) / 20, 1), 100)
      losses = [raw, raw.smoothed(over: over, name: "training, smoothed", breaks: starts)]
    }
    if let validation = curve(.validation, LogField.loss, "validation", .dots) { losses.append(validation) }
    if !losses.isEmpty { charts.append(Chart("Loss for each supervised token", unit: "nats", losses, isWide: true)) }
    let others: [(String, String, String, Chart.Scale)] = [
      ("Learning rate", LogField.learningRate, "", .choice), ("Gradient norm", LogField.gradientNorm, "", .choice),
      ("Tokens a second", LogField.tokensPerSecond, "", .linear),
      ("Waiting for data", LogField.dataWait, "of the time", .linear),
    ]
    for (title, field, unit, scale) in others {
      guard let curve = curve(.train, field, title.lowercased()) else { continue }
      charts.append(Chart(title, unit: unit, [curve], scale: scale))
    }
  }

  private func points(_ entries: [LogEntry], _ kind: LogEntry.Kind, _ field: String) -> [(x: Double, y: Double)] {
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
    let parts = entry.fields.filter { $0.name != LogField.isWarning }.map { "\($0.name): \($0.value.json.text)" }
    return parts.isEmpty ? entry.kind.rawValue : parts.joined(separator: ", ")
  }
}
