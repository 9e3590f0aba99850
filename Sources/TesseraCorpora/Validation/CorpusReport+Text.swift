private import Foundation

extension CorpusReport {
  /// The report for people.
  ///
  /// - Parameter shown: how many problems are listed of each kind.
  public func text(shown: Int = 5) -> String {
    var lines: [String] = []
    for source in sources {
      let format = source.format.map { " (\($0.rawValue))" } ?? ""
      lines.append("\(source.path)\(format): \(Self.number(source.samples)) samples")
    }
    lines += contentLines()
    lines += categoryLines()
    lines += overlapLines()
    lines += problemLines(shown: shown)
    return lines.joined(separator: "\n") + "\n"
  }

  private static func number(_ value: Int) -> String {
    var digits = String(abs(value))
    var groups: [String] = []
    while digits.count > 3 {
      groups.append(String(digits.suffix(3)))
      digits.removeLast(3)
    }
    return (value < 0 ? "-" : "") + ([digits] + groups.reversed()).joined(separator: ",")
  }

  private static func percent(_ share: Double) -> String { String(format: "%.1f %%", 100 * share) }

  private func contentLines() -> [String] {
    func row(_ name: String, _ text: String) -> String {
      "  " + name + String(repeating: " ", count: max(1, 14 - name.count)) + text
    }
    let kinds = [
      (conversations, "conversations"), (captions, "captions"), (texts, "texts alone"),
      (unreadable, "unreadable"),
    ].filter { $0.0 > 0 }.map { "\(Self.number($0.0)) \($0.1)" }
    var lines = [row("kinds", kinds.isEmpty ? "none" : kinds.joined(separator: ", "))]
    let shown = [
      (withoutPicture, "without a picture"), (withOnePicture, "with one"),
      (withSeveralPictures, "with several (up to \(mostPictures))"),
    ].filter { $0.0 > 0 }.map { "\(Self.number($0.0)) \($0.1)" }
    if !shown.isEmpty { lines.append(row("samples", shown.joined(separator: ", "))) }
    if pictures.distinct > 0 {
      let size =
        "widths \(pictures.widths.lowerBound)–\(pictures.widths.upperBound), "
        + "heights \(pictures.heights.lowerBound)–\(pictures.heights.upperBound)"
      let checked = isDecoded ? "all decoded" : "headers read"
      lines.append(
        row(
          "pictures",
          "\(Self.number(pictures.distinct)) different of \(Self.number(pictures.shown)) shown, \(size), "
            + "\(Self.number(pictures.bytes)) bytes, \(checked)"))
    }
    let lengths = [("words", words), ("bytes", bytes), ("tokens", tokens), ("answer words", answerWords)]
    for (name, summary) in lengths {
      guard let summary else { continue }
      lines.append(
        row(
          name,
          "\(Self.number(summary.total)) in all; a sample: \(summary.minimum) to \(Self.number(summary.maximum)), "
            + "mean \(String(format: "%.1f", summary.mean)), median \(summary.median), "
            + "95 % ≤ \(summary.percentile95), 99 % ≤ \(summary.percentile99)"))
    }
    return lines
  }

  private func categoryLines() -> [String] {
    guard let majority = majorityByCategory else { return [] }
    let hasNames = categories.contains { !$0.name.isEmpty }
    var lines = ["  answers: who always gives the most common one is right in \(Self.percent(majority))"]
    if hasNames { lines[0] += " (knowing the category)" }
    for category in categories.prefix(20) where category.answers > 0 {
      let name = category.name.isEmpty ? (hasNames ? "(none)" : "all") : category.name
      lines.append(
        "    \(name): \(Self.number(category.samples)) samples, \(Self.number(category.distinctAnswers)) different "
          + "answers, '\(category.commonAnswer.prefix(40))' \(Self.percent(category.majority))")
    }
    if categories.count > 20 { lines.append("    … and \(categories.count - 20) more categories") }
    return lines
  }

  private func overlapLines() -> [String] {
    guard let overlap else { return [] }
    let files = overlap.files.joined(separator: ", ")
    var lines = ["  in common with \(files) (\(Self.number(overlap.samples)) samples):"]
    for finding in overlap.findings {
      lines.append(
        "    \(finding.part.rawValue): \(Self.number(finding.count)) of \(Self.number(finding.of)) different ones"
      )
    }
    return lines
  }

  private func problemLines(shown: Int) -> [String] {
    guard !problems.isEmpty else { return ["nothing is wrong"] }
    var lines: [String] = []
    for (kind, severity, count) in problemCounts {
      lines.append("\(severity.rawValue): \(kind.rawValue), \(Self.number(count)); \(kind.advice)")
      let these = problems.lazy.filter { $0.kind == kind && $0.severity == severity }
      for problem in these.prefix(shown) {
        let place = problem.index.map { ", sample \($0)" } ?? ""
        lines.append("  \(problem.file)\(place): \(problem.what)")
      }
      if count > shown { lines.append("  … and \(Self.number(count - shown)) more") }
    }
    let errors = "\(Self.number(errorCount)) error\(errorCount == 1 ? "" : "s")"
    let warnings = "\(Self.number(warningCount)) warning\(warningCount == 1 ? "" : "s")"
    return lines + ["\(errors), \(warnings)"]
  }
}
