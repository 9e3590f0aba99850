private import Foundation

/// Draws a chart as SVG: axes, stages, curves, and strips over them whose titles tell the values.
struct ChartDrawing {
  private let chart: Chart
  private let stages: [StageSpan]
  private let x: AxisScale
  private let y: AxisScale
  private let width: Double
  private let height: Double
  // Room for the labels at the left, the stages at the top, the steps at the bottom.
  private let left = 52.0
  private let top = 20.0
  private let right = 12.0
  private let bottom = 36.0

  init?(_ chart: Chart, stages: [StageSpan], isLogarithmic: Bool) {
    let values = chart.curves.lazy.flatMap { $0.points.map(\.y) }
    if isLogarithmic {
      guard let scale = AxisScale.logarithmic(values) else { return nil }
      y = scale
    } else {
      y = chart.hasZero ? .linear([0] + values) : .linear(values)
    }
    let places =
      chart.curves.flatMap { $0.points.map(\.x) } + stages.flatMap { [$0.start, $0.start + $0.steps] }
    (width, height) = chart.isWide ? (1120, 330) : (548, 260)
    switch chart.foot {
    case .steps:
      x = .steps(from: min(places.min() ?? 0, 0), to: places.max() ?? 1, count: chart.isWide ? 10 : 5)
      (self.chart, self.stages) = (chart, stages)
    case .logarithmic:
      guard let scale = AxisScale.logarithmic(chart.curves.flatMap { $0.points.map(\.x) }) else { return nil }
      x = scale
      (self.chart, self.stages) = (chart, [])
    }
  }

  var svg: String {
    let label = HTML.escaped(
      "\(chart.title) over \(chart.foot == .steps ? "steps" : footName), \(y.isLogarithmic ? "logarithmic" : "linear")"
    )
    return """
      <svg class="chart" viewBox="0 0 \(HTML.point(width)) \(HTML.point(height))" role="img" aria-label="\(label)">
      \(axes)\(marks)\(zip(chart.curves, chart.colours).map { curve($0, colour: $1) }.joined())\(strips)\(chart.curves.map { gaps($0) }.joined())
      </svg>
      """
  }

  private var footName: String {
    switch chart.foot {
    case .steps: "step"
    case .logarithmic(let name): name
    }
  }

  private func px(_ value: Double) -> Double { left + (x.place(value) ?? 0) * (width - left - right) }
  private func py(_ value: Double) -> Double? {
    y.place(value).map { top + (1 - $0) * (height - top - bottom) }
  }

  // MARK: axes

  private var axes: String {
    var out = ""
    let (end, floor) = (HTML.point(width - right), height - bottom)
    for tick in y.ticks {
      guard let place = py(tick) else { continue }
      let at = HTML.point(place)
      out += "<line class=\"grid\" x1=\"\(HTML.point(left))\" x2=\"\(end)\" y1=\"\(at)\" y2=\"\(at)\"/>"
      out +=
        "<text class=\"tick\" x=\"\(HTML.point(left - 7))\" y=\"\(HTML.point(place + 4))\" text-anchor=\"end\">"
        + "\(ReportNumber.tick(tick))</text>"
    }
    for tick in x.ticks {
      let at = HTML.point(px(tick))
      out +=
        "<line class=\"axis\" x1=\"\(at)\" x2=\"\(at)\" y1=\"\(HTML.point(floor))\" y2=\"\(HTML.point(floor + 4))\"/>"
      out +=
        "<text class=\"tick\" x=\"\(at)\" y=\"\(HTML.point(floor + 17))\" text-anchor=\"middle\">"
        + "\(ReportNumber.tick(tick))</text>"
    }
    let at = HTML.point(floor)
    out += "<line class=\"axis\" x1=\"\(HTML.point(left))\" x2=\"\(end)\" y1=\"\(at)\" y2=\"\(at)\"/>"
    let middle = HTML.point((left + width - right) / 2)
    return out
      + "<text class=\"tick\" x=\"\(middle)\" y=\"\(HTML.point(height - 4))\" text-anchor=\"middle\">\(HTML.escaped(footName))</text>\n"
  }

  /// The stages' names, and lines where one follows another.
  private var marks: String {
    stages.map { stage in
      let start = px(stage.start)
      var out = ""
      if stage.start > x.lower {
        out +=
          "<line class=\"mark\" x1=\"\(HTML.point(start))\" x2=\"\(HTML.point(start))\" y1=\"6\" "
          + "y2=\"\(HTML.point(height - bottom))\"/>"
      }
      // A name that does not fit its stage is left to the title.
      let room = Int((px(stage.start + stage.steps) - start) / 6.5)
      let name = stage.name.count <= room ? stage.name : room > 2 ? stage.name.prefix(room - 1) + "…" : ""
      return out
        + "<text class=\"stage\" x=\"\(HTML.point(start + 4))\" y=\"13\">\(HTML.escaped(String(name)))"
        + "<title>\(HTML.escaped(stage.name))</title></text>"
    }.joined()
  }

  // MARK: curves

  private func curve(_ curve: Curve, colour: Int) -> String {
    var path = ""
    var dots = ""
    var last: Int?
    for point in thinned(curve.points) {
      guard let py = py(point.y) else {
        last = nil
        continue
      }
      let at = "\(HTML.point(px(point.x))) \(HTML.point(py))"
      // A line leads from point to point within a stage: the next one starts anew.
      let stage = stages.count { $0.start < point.x }
      path += (stage == last ? "L" : "M") + at
      last = stage
      if curve.style == .dots {
        dots += "<circle cx=\"\(HTML.point(px(point.x)))\" cy=\"\(HTML.point(py))\" r=\"3\"/>"
      }
    }
    return
      "<g class=\"c\(colour)\(curve.style == .faint ? " faint" : "")\"><path d=\"\(path)\"/>\(dots)</g>\n"
  }

  /// The points that are drawn, at most five a column: its first, lowest, highest and last one there, and one that is not
  /// finite, in their order, so that no peak is lost.
  private func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    guard points.count > Int(width) * 2 else { return points }
    let columns = points.map { Int(px($0.x)) }
    var out: [(x: Double, y: Double)] = []
    var start = 0
    while start < points.count {
      let end = columns[start...].firstIndex { $0 != columns[start] } ?? points.count
      let finite = (start..<end).filter { points[$0].y.isFinite }
      var kept: Set = [start, end - 1]
      if let low = finite.min(by: { points[$0].y < points[$1].y }) { kept.insert(low) }
      if let high = finite.max(by: { points[$0].y < points[$1].y }) { kept.insert(high) }
      if let gap = (start..<end).first(where: { !points[$0].y.isFinite }) { kept.insert(gap) }
      for index in kept.sorted() { out.append(points[index]) }
      start = end
    }
    return out
  }

  /// Values that have no place are marked at the bottom.
  private func gaps(_ curve: Curve) -> String {
    let wrong = curve.points.filter { !$0.y.isFinite }
    return wrong.prefix(200).map { point in
      let (at, floor) = (px(point.x), height - bottom)
      let title = "\(place(point.x)): \(curve.name) is \(ReportNumber.text(point.y))"
      return "<path class=\"gap\" d=\"M\(HTML.point(at - 4)) \(HTML.point(floor - 10))l8 8m0 -8l-8 8\">"
        + "<title>\(HTML.escaped(title))</title></path>"
    }.joined()
  }

  // MARK: titles

  /// Strips that nobody sees, over the whole height: the pointer finds the values of all curves there.
  private var strips: String {
    let count = chart.isWide ? 140 : 70
    let step = (width - left - right) / Double(count)
    var out = "<g class=\"strips\">"
    for index in 0..<count {
      let middle = left + (Double(index) + 0.5) * step
      let lines = chart.curves.compactMap { curve -> (x: Double, text: String)? in
        guard let point = nearest(curve.points, to: middle),
          abs(px(point.x) - middle) <= max(step, near(curve))
        else {
          return nil
        }
        return (
          point.x, "\(curve.name): \(ReportNumber.text(point.y))\(chart.unit.isEmpty ? "" : " \(chart.unit)")"
        )
      }
      guard let first = lines.first else { continue }
      let title = ([place(first.x)] + lines.map(\.text)).joined(separator: "\n")
      out +=
        "<rect x=\"\(HTML.point(middle - step / 2))\" y=\"\(HTML.point(top))\" width=\"\(HTML.point(step))\" "
        + "height=\"\(HTML.point(height - top - bottom))\"><title>\(HTML.escaped(title))</title></rect>"
    }
    return out + "</g>"
  }

  /// How far a point may be to be told of: few points are told of between them too.
  private func near(_ curve: Curve) -> Double { curve.points.count < 100 ? 24 : 0 }

  private func nearest(_ points: [(x: Double, y: Double)], to column: Double) -> (x: Double, y: Double)? {
    guard !points.isEmpty else { return nil }
    var (low, high) = (0, points.count - 1)
    while low < high {
      let middle = (low + high) / 2
      if px(points[middle].x) < column { low = middle + 1 } else { high = middle }
    }
    guard low > 0 else { return points[low] }
    return abs(px(points[low - 1].x) - column) < abs(px(points[low].x) - column)
      ? points[low - 1] : points[low]
  }

  /// `align, step 40`, `learning rate 1e-3`.
  private func place(_ step: Double) -> String {
    if case .logarithmic(let name) = chart.foot { return "\(name) \(ReportNumber.text(step))" }
    guard let stage = stages.last(where: { step > $0.start }) ?? stages.first else {
      return "step \(Int(step))"
    }
    return "\(stage.name), step \(Int(step - stage.start))"
  }
}
