import Foundation
import Tessera

/// Upright bars over an axis with labels, and counts at the left.
struct ColumnChart {
  /// One bar.
  struct Column {
    var value: Int
    /// Under the bar's middle.
    var label: String?
    /// Under the bar's left edge.
    var edge: String?
  }

  var columns: [Column]
  /// Under the last bar's right edge.
  var lastEdge: String?
  var colour = ChartPanel.bar

  func draw(in area: Rect, on canvas: inout Canvas) {
    let most = columns.map(\.value).max() ?? 0
    guard most > 0 else { return }
    let ticks = Self.ticks(upTo: most)
    let top = ticks[ticks.count - 1]
    let letters = ticks.map { Canvas.width(of: Figures.compact($0), scale: ChartPanel.scale) }
    let left = (letters.max() ?? 0) + 10
    let plot = Rect(
      x: area.x + left, y: area.y + 4, width: area.width - left,
      height: area.height - ChartPanel.lineHeight - 8)
    for tick in ticks {
      let y = plot.bottom - tick * plot.height / top
      canvas.fill(Rect(x: plot.x, y: y, width: plot.width, height: 1), ChartPanel.grid)
      let text = Figures.compact(tick)
      canvas.write(
        text, x: plot.x - 8 - Canvas.width(of: text, scale: ChartPanel.scale), y: y - 7,
        scale: ChartPanel.scale, ChartPanel.faint)
    }
    drawBars(in: plot, top: top, on: &canvas)
    canvas.fill(Rect(x: plot.x, y: plot.bottom, width: plot.width, height: 2), ChartPanel.faint)
    drawLabels(below: plot, on: &canvas)
  }

  private func drawBars(in plot: Rect, top: Int, on canvas: inout Canvas) {
    let count = columns.count
    let gap = plot.width / count >= 6 ? 2 : 0
    for (index, column) in columns.enumerated() where column.value > 0 {
      let (from, to) = (index * plot.width / count, (index + 1) * plot.width / count)
      let height = max(1, column.value * plot.height / top)
      canvas.fill(
        Rect(
          x: plot.x + from + gap / 2, y: plot.bottom - height, width: max(to - from - gap, 1),
          height: height), colour)
    }
  }

  /// The last edge's label, then the others from left to right: each that touches no other.
  private func drawLabels(below plot: Rect, on canvas: inout Canvas) {
    var (free, end) = (plot.x - 40, plot.right + 1)
    let y = plot.bottom + 10
    func place(_ text: String, at centre: Int, isLast: Bool = false) {
      let width = Canvas.width(of: text, scale: ChartPanel.scale)
      let x = min(max(centre - width / 2, plot.x - 30), plot.right - width)
      guard x >= free, x + width <= end else { return }
      canvas.write(text, x: x, y: y, scale: ChartPanel.scale, ChartPanel.faint)
      if isLast { end = x - 14 } else { free = x + width + 14 }
    }
    if let lastEdge { place(lastEdge, at: plot.right, isLast: true) }
    for (index, column) in columns.enumerated() {
      let (from, to) = (index * plot.width / columns.count, (index + 1) * plot.width / columns.count)
      if let edge = column.edge {
        place(edge, at: plot.x + from)
        canvas.fill(Rect(x: plot.x + from, y: plot.bottom, width: 2, height: 6), ChartPanel.faint)
      }
      if let label = column.label { place(label, at: plot.x + (from + to) / 2) }
    }
  }

  /// Three to six round numbers from 0 to the top or above.
  static func ticks(upTo most: Int) -> [Int] {
    var step = 1
    while step * 5 < most {
      // 1, 2, 5, 10 …
      step = String(step).hasPrefix("2") ? step / 2 * 5 : step * 2
    }
    return Array(stride(from: 0, through: (most + step - 1) / step * step, by: step))
  }
}
