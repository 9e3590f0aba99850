extension LogEntry {
  /// The line of a metric beside its controls.
  ///
  /// - Parameter table: the title of the table that the metric belongs to.
  public static func evaluation(
    _ row: EvaluationTable.Row, table: String, stage: String, step: Int
  ) -> LogEntry {
    var fields: [(name: String, value: LogValue)] = [("table", .text(table)), ("metric", .text(row.metric))]
    if let category = row.category { fields.append(("category", .text(category))) }
    if let count = row.count { fields.append(("samples", .int(count))) }
    switch row.format {
    case .share: fields.append(("format", "share"))
    case .score(let decimals): fields += [("format", "score"), ("decimals", .int(decimals))]
    case .loss(let decimals): fields += [("format", "loss"), ("decimals", .int(decimals))]
    }
    for (name, value) in [
      ("real", row.real), ("shuffled", row.shuffled), ("blank", row.blank), ("held_out", row.heldOut),
      ("visual_gain", row.visualGain),
    ] {
      if let value { fields.append((name, .number(value))) }
    }
    return LogEntry(.evaluation, stage: stage, step: step, fields)
  }
}

extension EvaluationTable {
  /// The tables that a log's lines of kind `evaluation` tell: of each stage and title the last one.
  public static func tables(_ entries: [LogEntry]) -> [EvaluationTable] {
    var tables: [EvaluationTable] = []
    var steps: [[String]: (place: Int, step: Int)] = [:]
    for entry in entries where entry.kind == .evaluation {
      guard let row = Row(entry), let title = entry["table"]?.text else { continue }
      let key = [entry.stage, title]
      if let known = steps[key] {
        // A later evaluation takes the place of an earlier one.
        if known.step != entry.step { tables[known.place].rows = [] }
        tables[known.place].rows.append(row)
        steps[key] = (known.place, entry.step)
      } else {
        steps[key] = (tables.count, entry.step)
        tables.append(EvaluationTable("\(title) (\(entry.stage))", [row]))
      }
    }
    return tables
  }
}

extension EvaluationTable.Row {
  /// The metric of a line; nil if it tells none.
  fileprivate init?(_ entry: LogEntry) {
    guard let metric = entry["metric"]?.text else { return nil }
    let decimals = entry["decimals"]?.int ?? 2
    let format: EvaluationTable.Format =
      switch entry["format"]?.text {
      case "score": .score(decimals: decimals)
      case "loss": .loss(decimals: decimals)
      default: .share
      }
    self.init(
      metric, category: entry["category"]?.text, count: entry["samples"]?.int, format: format,
      real: entry["real"]?.number, shuffled: entry["shuffled"]?.number, blank: entry["blank"]?.number,
      heldOut: entry["held_out"]?.number)
  }
}
