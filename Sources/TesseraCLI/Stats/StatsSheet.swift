import Tessera
import TesseraTerminal

/// The statistics as a picture: what people show each other.
struct StatsSheet {
  private static let margin = 28
  private static let gap = 18
  private static let panelSize = Size(width: 500, height: 330)
  private static let columns = 3
  private static let headHeight = 112

  var statistics: DatasetStatistics
  var source: String

  /// A panel's title and summary, and what draws its inside.
  private struct Part {
    var title: String
    var summary: String
    var draw: (Rect, inout Canvas) -> Void
  }

  /// Draws the sheet.
  ///
  /// - Shape: 1592 pixels wide; the height follows the number of panels.
  func draw() -> Image {
    let parts = parts()
    let rows = (parts.count + Self.columns - 1) / Self.columns
    let size = Size(
      width: 2 * Self.margin + Self.columns * (Self.panelSize.width + Self.gap) - Self.gap,
      height: 2 * Self.margin + Self.headHeight + rows * (Self.panelSize.height + Self.gap) - Self.gap)
    var canvas = Canvas(size, PreviewSheet.ground)
    drawHead(on: &canvas)
    for (index, part) in parts.enumerated() {
      // The last part has what is left of its row.
      let right = index == parts.count - 1 ? Self.columns : index % Self.columns + 1
      let x = Self.margin + index % Self.columns * (Self.panelSize.width + Self.gap)
      let frame = Rect(
        x: x, y: Self.margin + Self.headHeight + index / Self.columns * (Self.panelSize.height + Self.gap),
        width: Self.margin + right * (Self.panelSize.width + Self.gap) - Self.gap - x,
        height: Self.panelSize.height)
      let panel = ChartPanel(frame: frame, title: part.title, summary: part.summary)
      panel.draw(on: &canvas)
      part.draw(panel.inside, &canvas)
    }
    return canvas.image
  }

  private func drawHead(on canvas: inout Canvas) {
    let s = statistics
    let name = source.split(separator: "/").last.map(String.init) ?? source
    canvas.write(
      name.visible.shortened(to: 60), x: Self.margin, y: Self.margin, scale: 4, ChartPanel.ink)
    var words = ["\(Figures.count(s.pictures)) pictures"]
    if s.bytes > 0 { words.append(Figures.bytes(Double(s.bytes))) }
    if let classes = s.classes { words.append("\(Figures.count(classes.classes.count)) classes") }
    if !s.failures.isEmpty { words.append("\(Figures.count(s.failures.count)) failed") }
    if let subset = s.settings.subset { words.append("a sample of \(subset) of \(Figures.count(s.samples))") }
    if s.isPartial { words.append("PARTIAL: \(Figures.count(s.examined)) looked at") }
    canvas.write(
      words.joined(separator: ", "), x: Self.margin, y: Self.margin + 46, scale: ChartPanel.scale,
      ChartPanel.warm)
    if let step = s.pixels.first?.normalize {
      canvas.write(step, x: Self.margin, y: Self.margin + 74, scale: ChartPanel.scale, ChartPanel.faint)
    }
  }

  private func parts() -> [Part] {
    let s = statistics
    var parts = [
      histogram("width, pixels", s.width) { Figures.short($0) },
      histogram("height, pixels", s.height) { Figures.short($0) },
      histogram("aspect ratio, width : height", s.aspectRatio) { Figures.short($0) },
      histogram("megapixels", s.megapixels) { Figures.short($0) },
      histogram("file size", s.fileBytes, Figures.bytes),
    ].compactMap { $0 }
    if let group = s.pixels.first {
      let title =
        "\(group.layout) values, 0 to 1" + (s.settings.pipeline == nil ? "" : ", after the pipeline")
      parts.append(
        Part(title: title, summary: "\(Figures.count(group.pixelCount)) pixels, exact") {
          ValueChart(group: group).draw(in: $0, on: &$1)
        })
    }
    if let classes = s.classes { parts.append(self.classes(classes)) }
    if let quality = histogram("JPEG quality", s.jpegQuality, { Figures.short($0) }) { parts.append(quality) }
    parts.append(kinds())
    parts.append(ends())
    return parts
  }

  private func histogram(
    _ title: String, _ distribution: Distribution?, _ unit: @escaping (Double) -> String
  ) -> Part? {
    guard let d = distribution, let first = d.bins.firstIndex(where: { $0.count > 0 }),
      let last = d.bins.lastIndex(where: { $0.count > 0 })
    else { return nil }
    let bins = d.bins[first...last]
    let columns = bins.map { bin in
      let isEdge = bin.label == nil && bin.lower < bin.upper
      return ColumnChart.Column(
        value: bin.count, label: isEdge ? nil : Figures.name(of: bin, unit),
        edge: isEdge ? unit(bin.lower) : nil)
    }
    let end = bins.last.flatMap { $0.label == nil && $0.lower < $0.upper ? unit($0.upper) : nil }
    let summary = "median \(unit(d.median)), \(unit(d.minimum)) to \(unit(d.maximum))"
    return Part(title: title, summary: summary) {
      ColumnChart(columns: columns, lastEdge: end).draw(in: $0, on: &$1)
    }
  }

  private func classes(_ balance: ClassBalance) -> Part {
    let sorted = balance.classes.sorted { ($1.pictures, $0.label) < ($0.pictures, $1.label) }
    let summary =
      "\(Figures.count(sorted.count)), largest to smallest \(Figures.short(balance.imbalance)) : 1"
    return Part(title: "classes, pictures of each", summary: summary) { area, canvas in
      if sorted.count <= RowChart.capacity(area) {
        let rows = sorted.map { RowChart.Row(name: $0.name.visible, value: $0.pictures) }
        RowChart(rows: rows).draw(in: area, on: &canvas)
      } else {
        var columns = sorted.map { ColumnChart.Column(value: $0.pictures) }
        columns[0].edge = sorted[0].name.visible.shortened(to: 18)
        let last = sorted.last.map { $0.name.visible.shortened(to: 18) }
        ColumnChart(columns: columns, lastEdge: last).draw(in: area, on: &canvas)
      }
    }
  }

  private func kinds() -> Part {
    let s = statistics
    var rows = s.formats.prefix(4).map { RowChart.Row(name: $0.name, value: $0.count) }
    for (name, count) in [("copies", s.duplicates?.redundant ?? 0), ("failed", s.failures.count)]
    where count > 0 {
      rows.append(RowChart.Row(name: name, value: count, colour: ChartPanel.bad))
    }
    rows += PictureFeature.allCases.map { ($0, s.count(of: $0)) }.filter { $0.1 > 0 }
      .sorted { $0.1 > $1.1 }
      .map { RowChart.Row(name: $0.0.words, value: $0.1, colour: ChartPanel.warm) }
    let modes = s.modes.map { "\($0.name) \(Figures.count($0.count))" }.joined(separator: ", ")
    return Part(title: "kinds, pictures of each", summary: modes) {
      RowChart(rows: rows).draw(in: $0, on: &$1)
    }
  }

  private func ends() -> Part {
    let e = statistics.extremes
    let lists = [
      ("smallest", e.smallest), ("largest", e.largest), ("narrowest", e.narrowest), ("widest", e.widest),
      ("heaviest", e.heaviest),
    ]
    return Part(title: "ends", summary: "the most extreme pictures") { area, canvas in
      // As many columns as the panel is wide; the next most extreme go to the right.
      let columns = max(area.width / Self.panelSize.width + 1, 1)
      let width = area.width / columns
      for (row, (name, pictures)) in lists.enumerated() {
        for (column, picture) in pictures.prefix(columns).enumerated() {
          let place = Rect(
            x: area.x + column * width, y: area.y + row * 2 * (ChartPanel.lineHeight + 1), width: width - 16,
            height: 2 * ChartPanel.lineHeight)
          Self.draw(picture, column == 0 ? name + " " : "", in: place, on: &canvas)
        }
      }
    }
  }

  private static func draw(
    _ picture: Extremes.Picture, _ prefix: String, in place: Rect, on canvas: inout Canvas
  ) {
    let bytes = picture.bytes.map { ", " + Figures.bytes(Double($0)) } ?? ""
    canvas.write(
      "\(prefix)\(picture.width)×\(picture.height)\(bytes)", x: place.x, y: place.y,
      scale: ChartPanel.scale, ChartPanel.ink)
    let letters = place.width / (TinyFont.advance * ChartPanel.scale)
    canvas.write(
      picture.name.visible.shortened(to: letters), x: place.x, y: place.y + ChartPanel.lineHeight - 2,
      scale: ChartPanel.scale, ChartPanel.faint)
  }
}
