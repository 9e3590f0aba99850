package import TesseraCore
internal import TesseraTerminal

extension EvaluationTable {
  /// The table as lines for a terminal: title, columns, a row for each metric, categories indented.
  package var lines: [String] {
    let columns: [(name: String, value: (Row) -> Double?)] = [
      ("real", \.real), ("shuffled", \.shuffled), ("blank", \.blank), ("visual gain", \.visualGain),
    ].filter { column in rows.contains { column.1($0) != nil } }
    let header = ["", "samples"] + columns.map(\.name)
    let cells = rows.map { row in
      [row.category.map { "  \($0.visible)" } ?? row.metric, row.count.map(String.init) ?? ""]
        + columns.map { column in
          column.value(row).map { Self.text($0, row.format, isGain: column.name == "visual gain") } ?? "–"
        }
    }
    let all = [header] + cells
    // Numbers flush right: they are compared down a column.
    let widths = header.indices.map { column in all.map { $0[column].count }.max() ?? 0 }
    return [title.visible]
      + all.map { row in
        row.enumerated().map { column, cell in
          let room = String(repeating: " ", count: widths[column] - cell.count)
          return column == 0 ? "  " + cell + room : room + cell
        }.joined(separator: "  ")
      } + (note.isEmpty ? [] : ["  " + note.visible])
  }

  private static func text(_ value: Double, _ format: Format, isGain: Bool) -> String {
    let sign = isGain && value >= 0 ? "+" : ""
    let text =
      switch format {
      case .share: isGain ? ReportNumber.fixed(value * 100, 1) : ReportNumber.percent(value)
      case .score(let decimals), .loss(let decimals): ReportNumber.fixed(value, decimals)
      }
    return sign + text.replacing("\u{2009}", with: " ")
  }

  /// The table as JSON: `title` and `rows`, whose members are those of a log's line of kind `evaluation`.
  package var json: JSONText {
    .object([
      ("title", .string(title)),
      (
        "rows",
        .array(
          rows.map { row in
            var members: [(key: String, value: JSONText)] = [("metric", .string(row.metric))]
            if let category = row.category { members.append(("category", .string(category))) }
            if let count = row.count { members.append(("samples", .int(count))) }
            for (name, value) in [
              ("real", row.real), ("shuffled", row.shuffled), ("blank", row.blank),
              ("visual_gain", row.visualGain),
            ] {
              if let value { members.append((name, .double(value))) }
            }
            return .object(members)
          })
      ),
    ])
  }
}
