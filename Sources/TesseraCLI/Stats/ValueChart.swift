import Tessera

/// The values of the channels: histograms over each other where they were counted, else means and deviations.
struct ValueChart {
  var group: PixelStatistics

  private static let colours: [String: RGBColor] = [
    "red": RGBColor(red: 236, green: 84, blue: 84), "green": RGBColor(red: 88, green: 200, blue: 104),
    "blue": RGBColor(red: 84, green: 140, blue: 248), "gray": RGBColor(red: 200, green: 204, blue: 210),
    "alpha": RGBColor(red: 200, green: 140, blue: 224),
  ]

  func draw(in area: Rect, on canvas: inout Canvas) {
    let plot = Rect(
      x: area.x + 14, y: area.y + 4, width: area.width - 28, height: area.height - ChartPanel.lineHeight - 8)
    if group.channels.allSatisfy({ $0.valueCounts != nil }) {
      drawHistograms(in: plot, on: &canvas)
    } else {
      drawRanges(in: plot, on: &canvas)
    }
    canvas.fill(Rect(x: plot.x, y: plot.bottom, width: plot.width, height: 2), ChartPanel.faint)
    for (place, text) in ["0", "0.25", "0.5", "0.75", "1"].enumerated() {
      let x = plot.x + place * plot.width / 4
      canvas.fill(Rect(x: x, y: plot.bottom, width: 2, height: 6), ChartPanel.faint)
      canvas.write(
        text, x: x - Canvas.width(of: text, scale: ChartPanel.scale) / 2, y: plot.bottom + 10,
        scale: ChartPanel.scale, ChartPanel.faint)
    }
  }

  private func drawHistograms(in plot: Rect, on canvas: inout Canvas) {
    // A value that towers over the others (black borders, white paper) is cut, so that the others show.
    let all = group.channels.flatMap { ($0.valueCounts ?? []) }.sorted()
    let usual = all[all.count * 97 / 100]
    let top = max(min(all[all.count - 1], usual * 5 / 4), 1)
    for channel in group.channels {
      let colour = Self.colours[channel.name] ?? ChartPanel.bar
      for x in 0..<plot.width {
        let value = x * 256 / plot.width
        let height = min((channel.valueCounts ?? [])[value], top) * plot.height / top
        canvas.blend(
          Rect(x: plot.x + x, y: plot.bottom - height, width: 1, height: height), colour, weight: 104)
        canvas.fill(Rect(x: plot.x + x, y: plot.bottom - height, width: 1, height: 2), colour)
      }
    }
  }

  /// A channel a row: the mean as a mark, one deviation to each side as a band.
  private func drawRanges(in plot: Rect, on canvas: inout Canvas) {
    let height = plot.height / max(group.channels.count, 1)
    for (row, channel) in group.channels.enumerated() {
      let colour = Self.colours[channel.name] ?? ChartPanel.bar
      func x(_ value: Double) -> Int { plot.x + Int(min(max(value, 0), 1) * Double(plot.width)) }
      let y = plot.y + row * height
      canvas.write(
        "\(channel.name)  \(Figures.fixed(channel.mean, 4)) ± \(Figures.fixed(channel.standardDeviation, 4))",
        x: plot.x, y: y + 2, scale: ChartPanel.scale, ChartPanel.ink)
      let band = Rect(
        x: x(channel.mean - channel.standardDeviation), y: y + 24, width: 0, height: max(height - 36, 6))
      let right = x(channel.mean + channel.standardDeviation)
      canvas.blend(
        Rect(x: band.x, y: band.y, width: right - band.x, height: band.height), colour, weight: 128)
      canvas.fill(Rect(x: x(channel.mean) - 2, y: band.y - 3, width: 4, height: band.height + 6), colour)
    }
  }
}
