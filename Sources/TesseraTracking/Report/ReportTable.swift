/// A table of the report: the data's statistics, the environment.
public struct ReportTable: Sendable, Equatable {
  public var title: String
  /// The columns' names; none for a table of names and values.
  public var headers: [String]
  public var rows: [[String]]
  public var note: String

  public init(_ title: String = "", headers: [String] = [], _ rows: [[String]], note: String = "") {
    (self.title, self.headers, self.rows, self.note) = (title, headers, rows, note)
  }

  /// Names and values.
  public init(_ title: String = "", facts: [(name: String, value: String)], note: String = "") {
    self.init(title, facts.map { [$0.name, $0.value] }, note: note)
  }
}

extension ReportTable {
  var html: String {
    var out = title.isEmpty ? "" : HTML.element("h3", title)
    // Columns in which every cell starts as a number does are set flush right.
    let width = rows.map(\.count).max() ?? 0
    let isNumeric = (0..<width).map { column in
      !headers.isEmpty && column > 0
        && rows.allSatisfy {
          $0.count <= column || $0[column].isEmpty || "0123456789−-".contains($0[column].first!)
        }
    }
    out += HTML.table(headers.map { HTML.escaped($0) }, rows.map { $0.map { HTML.foreign($0) } }) {
      $0 < width && isNumeric[$0]
    }
    if !note.isEmpty { out += "<p class=\"note\">\(HTML.escaped(note))</p>" }
    return out
  }
}
