/// The metrics of a stage, each beside its controls: what the same model scores when it cannot see the right picture.
public struct EvaluationTable: Sendable, Equatable {
  /// How a metric's values are read.
  public enum Format: Sendable, Hashable {
    /// A share, 0...1; more is better. Printed as a percentage.
    case share
    /// A number of which more is better, with so many decimals.
    case score(decimals: Int)
    /// A number of which less is better, with so many decimals: a loss.
    case loss(decimals: Int)
  }

  /// A metric, or a metric of one category.
  public struct Row: Sendable, Equatable {
    /// What is measured: `caption exact match`.
    public var metric: String
    /// Of which samples: `colour`; nil for all.
    public var category: String?
    /// How many samples.
    public var count: Int?
    public var format: Format
    /// With each sample's own picture.
    public var real: Double?
    /// With another sample's picture.
    public var shuffled: Double?
    /// With pictures of one colour.
    public var blank: Double?
    /// With own pictures, on combinations that were kept from training.
    public var heldOut: Double?

    public init(
      _ metric: String, category: String? = nil, count: Int? = nil, format: Format = .share, real: Double?,
      shuffled: Double? = nil, blank: Double? = nil, heldOut: Double? = nil
    ) {
      (self.metric, self.category, self.count, self.format) = (metric, category, count, format)
      (self.real, self.shuffled, self.blank, self.heldOut) = (real, shuffled, blank, heldOut)
    }

    /// How much better the model is with the right picture than with another: real − shuffled, or for losses
    /// shuffled − real.
    public var visualGain: Double? {
      guard let real, let shuffled else { return nil }
      if case .loss = format { return shuffled - real }
      return real - shuffled
    }
  }

  public var title: String
  public var rows: [Row]
  /// What a reader should know of it: which split, what counts as right.
  public var note: String

  public init(_ title: String, _ rows: [Row], note: String = "") {
    (self.title, self.rows, self.note) = (title, rows, note)
  }
}

extension EvaluationTable {
  var html: String {
    let columns: [(name: String, hint: String, value: (Row) -> Double?)] = [
      ("real", "with each sample's own picture", \.real),
      ("shuffled", "with another sample's picture", \.shuffled),
      ("blank", "with pictures of one colour", \.blank),
      ("visual gain", "real − shuffled: what seeing the right picture adds", \.visualGain),
      ("held-out", "own pictures, on combinations kept from training", \.heldOut),
    ].filter { column in rows.contains { column.2($0) != nil } }
    let hasCounts = rows.contains { $0.count != nil }
    let headers =
      ["metric"] + (hasCounts ? ["samples"] : [])
      + columns.map { "<span title=\"\(HTML.escaped($0.hint))\">\(HTML.escaped($0.name))</span>" }
    let cells = rows.map { row in
      let name =
        row.category.map { "<span class=\"sub\">\(HTML.escaped($0))</span>" } ?? HTML.escaped(row.metric)
      return [name] + (hasCounts ? [row.count.map { ReportNumber.grouped($0) } ?? ""] : [])
        + columns.map { column in
          column.value(row).map { Self.cell($0, row, column.name) } ?? "<span class=\"none\">–</span>"
        }
    }
    var out = HTML.element("h3", title) + HTML.table(headers, cells) { $0 > 0 }
    if !note.isEmpty { out += "<p class=\"note\">\(HTML.escaped(note))</p>" }
    return out
  }

  private static func cell(_ value: Double, _ row: Row, _ column: String) -> String {
    let isGain = column == "visual gain"
    let sign = isGain && value >= 0 ? "+" : ""
    switch row.format {
    case .share where isGain:
      return "<b>\(sign)\(ReportNumber.fixed(value * 100, 1))</b>"
    case .share:
      let width = min(max(value.isFinite ? value : 0, 0), 1) * 100
      let hint = row.count.map { interval(value, $0) } ?? ""
      return
        "<span class=\"bar \(column == "real" ? "own" : "control")\" style=\"--w:\(HTML.point(width))%\" "
        + "title=\"\(HTML.escaped(hint))\">\(ReportNumber.percent(value))</span>"
    case .score(let decimals), .loss(let decimals):
      let text = sign + ReportNumber.fixed(value, decimals)
      return isGain || column == "real" ? "<b>\(text)</b>" : text
    }
  }

  /// Wilson's 95 % interval of a share of so many samples.
  private static func interval(_ share: Double, _ count: Int) -> String {
    guard count > 0, share.isFinite else { return "" }
    let (n, z) = (Double(count), 1.959964)
    let middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    let half = z / (1 + z * z / n) * (share * (1 - share) / n + z * z / (4 * n * n)).squareRoot()
    return "95 % interval of \(count) samples: \(ReportNumber.percent(max(middle - half, 0))) – "
      + ReportNumber.percent(min(middle + half, 1))
  }
}
