import Tessera

/// Lying bars with names at the left and numbers at the right.
struct RowChart {
  /// One bar.
  struct Row {
    var name: String
    var value: Int
    var colour = ChartPanel.bar
  }

  var rows: [Row]

  /// Rows that fit into an area.
  static func capacity(_ area: Rect) -> Int { max(area.height / ChartPanel.lineHeight, 1) }

  func draw(in area: Rect, on canvas: inout Canvas) {
    let most = rows.map(\.value).max() ?? 0
    let notes = rows.map { Figures.count($0.value) }
    let scale = ChartPanel.scale
    let noteWidth = notes.map { Canvas.width(of: $0, scale: scale) }.max() ?? 0
    let nameWidth = min(rows.map { Canvas.width(of: $0.name, scale: scale) }.max() ?? 0, area.width * 11 / 20)
    let room = max(area.width - nameWidth - noteWidth - 28, 10)
    for (index, row) in rows.prefix(Self.capacity(area)).enumerated() {
      let y = area.y + index * ChartPanel.lineHeight
      canvas.write(
        ChartPanel.fitted(row.name, nameWidth + TinyFont.advance), x: area.x, y: y, scale: scale,
        ChartPanel.ink)
      let width = row.value == 0 ? 0 : max(2, row.value * room / max(most, 1))
      canvas.fill(Rect(x: area.x + nameWidth + 12, y: y - 1, width: width, height: 16), row.colour)
      canvas.write(
        notes[index], x: area.right - Canvas.width(of: notes[index], scale: scale), y: y, scale: scale,
        ChartPanel.faint)
    }
  }
}
