extension RunReport {
  /// Takes what a log tells: charts, evaluations, answers, the time split of each stage, events.
  ///
  /// - Parameters:
  ///   - entries: the log's lines in their order, as `RunLog.entries` gives them.
  ///   - picture: the file of a fixed sample's picture, as a browser reads it (PNG, JPEG, WebP); nil for none.
  public mutating func add(
    log entries: [LogEntry], picture: (_ sample: String) throws -> [UInt8]?
  ) rethrows {
    add(TrainingCurves(entries))
    evaluations += EvaluationTable.tables(entries)
    answers += try AnswerHistory.histories(entries, picture: picture)
    times += TimeSplit.splits(entries)
  }
}

extension TimeSplit {
  /// The sums of the measured parts of the steps, stage by stage.
  public static func splits(_ entries: [LogEntry]) -> [TimeSplit] {
    var splits: [TimeSplit] = []
    for entry in entries where entry.kind == .train {
      for (name, value) in entry.measured where name.hasPrefix(LogField.secondsPrefix) {
        guard let seconds = value.number, seconds.isFinite else { continue }
        if splits.last?.title != entry.stage { splits.append(TimeSplit(entry.stage, [])) }
        let part = String(name.dropFirst(LogField.secondsPrefix.count))
        let last = splits.count - 1
        if let place = splits[last].parts.firstIndex(where: { $0.name == part }) {
          splits[last].parts[place].seconds += seconds
        } else {
          splits[last].parts.append((part, seconds))
        }
      }
    }
    return splits
  }
}
