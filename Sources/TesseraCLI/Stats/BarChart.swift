import TesseraTerminal

/// Rows of a name, a bar and a count, as wide as the terminal.
struct BarChart {
  /// One row.
  struct Row {
    var name: String
    var value: Int
    /// What stands behind the bar; the value if nil.
    var note: String?
  }

  /// Columns of the whole chart.
  var width: Int
  /// Without Unicode's blocks.
  var isASCII: Bool

  /// The rows as lines. The longest bar fills what names and notes leave.
  func lines(_ rows: [Row]) -> [String] {
    let nameLimit = max(width / 3, 8)
    let names = rows.map { $0.name.shortened(to: nameLimit, ellipsis: isASCII ? "..." : "…") }
    let notes = rows.map { $0.note ?? String($0.value) }
    let nameWidth = names.map(\.count).max() ?? 0
    let noteWidth = notes.map(\.count).max() ?? 0
    let room = max(width - nameWidth - noteWidth - 6, 4)
    let most = rows.map(\.value).max() ?? 0
    return rows.indices.map { index in
      let bar = bar(rows[index].value, of: most, room: room)
      let padded = names[index] + String(repeating: " ", count: nameWidth - names[index].count)
      let note = String(repeating: " ", count: noteWidth - notes[index].count) + notes[index]
      return "  \(padded)  \(bar)\(String(repeating: " ", count: room - bar.count))  \(note)"
    }
  }

  /// A bar in eighths of a column; anything above zero shows.
  private func bar(_ value: Int, of most: Int, room: Int) -> String {
    guard value > 0, most > 0 else { return "" }
    let share = Double(value) / Double(most)
    if isASCII { return String(repeating: "#", count: max(1, Int((share * Double(room)).rounded()))) }
    let eighths = max(1, Int((share * Double(room * 8)).rounded()))
    let blocks = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    return String(repeating: "█", count: eighths / 8) + blocks[eighths % 8]
  }
}
