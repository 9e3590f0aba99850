import Tessera
import TesseraTerminal

/// Statistics as text for a terminal.
struct StatsReport {
  var statistics: DatasetStatistics
  var source: String
  var width: Int
  var isASCII: Bool

  private var chart: BarChart { BarChart(width: width, isASCII: isASCII) }
  private var times: String { isASCII ? "x" : "×" }

  /// All lines; nothing in them that a terminal would obey.
  func lines() -> [String] {
    var lines = head()
    lines += pixels()
    lines += histogram("width", statistics.width, pixelsUnit)
    lines += histogram("height", statistics.height, pixelsUnit)
    lines += histogram("megapixels", statistics.megapixels) { Figures.short($0) }
    lines += histogram("aspect ratio (width : height)", statistics.aspectRatio) { Figures.short($0) }
    lines += histogram("file size", statistics.fileBytes, Figures.bytes)
    lines += histogram("JPEG quality", statistics.jpegQuality) { Figures.short($0) }
    lines += kinds() + classes() + ends() + copies() + failures() + advice()
    return lines
  }

  private var pixelsUnit: (Double) -> String { { Figures.short($0) } }

  private func title(_ text: String) -> [String] { ["", text] }

  // MARK: what there is

  private func head() -> [String] {
    let s = statistics
    var line = "\(source.visible): \(Figures.count(s.pictures)) \(s.pictures == 1 ? "picture" : "pictures")"
    if s.bytes > 0 { line += ", \(Figures.bytes(Double(s.bytes)))" }
    if let classes = s.classes?.classes.count { line += ", \(Figures.count(classes)) classes" }
    if !s.failures.isEmpty { line += ", \(Figures.count(s.failures.count)) failed" }
    if s.emptyFiles > 0 { line += " (\(Figures.count(s.emptyFiles)) empty)" }
    var lines = [line]
    if s.isPartial {
      let all = Figures.count(s.settings.subset ?? s.samples)
      lines.append("PARTIAL: interrupted after \(Figures.count(s.examined)) of \(all) samples")
    }
    if let subset = s.settings.subset {
      lines.append(
        "a random sample of \(Figures.count(subset)) of \(Figures.count(s.samples)), seed \(s.settings.seed): "
          + "counts are the sample's")
    }
    if s.withoutPicture > 0 { lines.append("\(Figures.count(s.withoutPicture)) samples have no picture") }
    return lines
  }

  private func pixels() -> [String] {
    if statistics.settings.headersOnly { return ["headers only: no pixel was decoded"] }
    return statistics.pixels.flatMap { group -> [String] in
      let behind = statistics.settings.pipeline.map { " after \($0)" } ?? ""
      let levels = "0-\(group.full)"
      var rows = [["", "mean", "std", "mean \(levels)", "std \(levels)", "mean*", "std*"]]
      for channel in group.channels {
        let full = Double(group.full)
        rows.append(
          [channel.name]
            + [
              fixed(channel.mean, 6), fixed(channel.standardDeviation, 6), fixed(channel.mean * full, 3),
              fixed(channel.standardDeviation * full, 3), fixed(channel.pictureMean, 6),
              fixed(channel.pictureStandardDeviation, 6),
            ])
      }
      let name =
        "\(group.layout): \(Figures.count(group.pixelCount)) pixels of \(Figures.count(group.pictures)) "
        + "pictures\(behind), exact"
      let note = "  * every picture counts alike, as once all are resized to one size; left: every pixel"
      return title(name) + TextTable.lines(rows).map { "  " + $0 } + [note] + values(group)
    }
  }

  private func fixed(_ value: Double, _ digits: Int) -> String { Figures.fixed(value, digits) }

  /// Histograms of the values, 16 at a time.
  private func values(_ group: PixelStatistics) -> [String] {
    group.channels.flatMap { channel -> [String] in
      guard let counts = channel.valueCounts else { return [] }
      let rows = (0..<16).map { part in
        let sum = counts[part * 16..<part * 16 + 16].reduce(0, +)
        return BarChart.Row(
          name: "\(part * 16)-\(part * 16 + 15)", value: sum,
          note: Self.aligned(Figures.share(sum, of: group.pixelCount)))
      }
      return title("\(channel.name) values\(group.full > 255 ? " (high bytes)" : "")") + chart.lines(rows)
    }
  }

  private func histogram(
    _ name: String, _ distribution: Distribution?, _ unit: (Double) -> String
  ) -> [String] {
    guard let d = distribution else { return [] }
    let summary =
      "\(name): \(unit(d.minimum)) to \(unit(d.maximum)), median \(unit(d.median)), mean \(unit(d.mean)), "
      + "90 % in \(unit(d.percentile5)) to \(unit(d.percentile95))"
    if d.minimum == d.maximum { return title("\(name): \(unit(d.minimum)) throughout") }
    return title(summary) + chart.lines(Self.rows(d, unit))
  }

  /// A row a bin, without the empty ones at both ends.
  static func rows(_ d: Distribution, _ unit: (Double) -> String) -> [BarChart.Row] {
    guard let first = d.bins.firstIndex(where: { $0.count > 0 }),
      let last = d.bins.lastIndex(where: { $0.count > 0 })
    else { return [] }
    return d.bins[first...last].map { bin in
      BarChart.Row(
        name: Figures.name(of: bin, unit), value: bin.count,
        note: "\(Figures.count(bin.count))  \(aligned(Figures.share(bin.count, of: d.count)))")
    }
  }

  /// A share at the right of the longest one's columns.
  private static func aligned(_ share: String) -> String {
    String(repeating: " ", count: max("<0.1 %".count - share.count, 0)) + share
  }

  private func kinds() -> [String] {
    func list(_ counts: [NamedCount]) -> String {
      counts.map { "\($0.name) \(Figures.count($0.count))" }.joined(separator: ", ")
    }
    var rows: [[String]] = []
    for (name, counts) in [
      ("formats", statistics.formats), ("modes", statistics.modes),
      ("JPEG subsampling", statistics.subsamplings), ("orientations", statistics.orientations),
    ] where !counts.isEmpty {
      rows.append([name, list(counts)])
    }
    for feature in PictureFeature.allCases {
      guard let found = statistics.features.first(where: { $0.name == feature.rawValue }), found.count > 0
      else { continue }
      let example = found.examples.first.map { "  such as \($0.visible)" } ?? ""
      rows.append([feature.words, Figures.count(found.count) + example])
    }
    return rows.isEmpty ? [] : title("kinds") + TextTable.lines(rows).map { "  " + $0 }
  }

  private func classes() -> [String] {
    guard let balance = statistics.classes else { return [] }
    let limit = 20
    let sorted = balance.classes.sorted { ($1.pictures, $0.label) < ($0.pictures, $1.label) }
    var name = "classes: \(Figures.count(balance.classes.count))"
    name += ", largest to smallest \(Figures.short(balance.imbalance)) : 1"
    if balance.unlabelled > 0 { name += ", \(Figures.count(balance.unlabelled)) pictures without a class" }
    let empty = sorted.count { $0.pictures == 0 }
    if empty > 0 { name += ", \(Figures.count(empty)) without a usable picture" }
    func rows(_ classes: some Sequence<ClassBalance.Class>) -> [BarChart.Row] {
      classes.map { row in
        let failed = row.failed > 0 ? " (\(Figures.count(row.failed)) failed)" : ""
        return BarChart.Row(
          name: row.name.visible, value: row.pictures, note: Figures.count(row.pictures) + failed)
      }
    }
    guard sorted.count > limit else { return title(name) + chart.lines(rows(sorted)) }
    let lines = chart.lines(rows(sorted.prefix(limit / 2)) + rows(sorted.suffix(limit / 2)))
    return title(name) + lines.prefix(limit / 2) + ["  … \(Figures.count(sorted.count - limit)) between"]
      + lines.suffix(limit / 2)
  }

  private func ends() -> [String] {
    let all = statistics.extremes
    var rows: [[String]] = []
    for (name, pictures) in [
      ("smallest", all.smallest), ("largest", all.largest), ("narrowest", all.narrowest),
      ("widest", all.widest), ("heaviest", all.heaviest),
    ] {
      for (place, picture) in pictures.prefix(3).enumerated() {
        let bytes = picture.bytes.map { Figures.bytes(Double($0)) } ?? ""
        rows.append(
          [place == 0 ? name : "", "\(picture.width)\(times)\(picture.height)", bytes, picture.name.visible])
      }
    }
    return rows.isEmpty ? [] : title("ends") + TextTable.lines(rows).map { "  " + $0 }
  }

  // MARK: what is wrong

  private func copies() -> [String] {
    func lines(_ copies: Duplicates?, _ name: String) -> [String] {
      guard let copies else { return [] }
      if copies.groups.isEmpty { return title("\(name): none") }
      let groups = Words.count(copies.groups.count, "group")
      let head = "\(name): \(groups), \(Figures.count(copies.redundant)) redundant"
      let shown = copies.groups.prefix(10).map { group in
        "  " + group.names.prefix(4).map(\.visible).joined(separator: " = ")
          + (group.names.count > 4 ? " and \(group.names.count - 4) more" : "")
          + (group.conflicts ? "  (different classes)" : "")
      }
      let left = copies.groups.count - shown.count
      return title(head) + shown + (left > 0 ? ["  … \(Figures.count(left)) more groups in --json"] : [])
    }
    return lines(statistics.duplicates, "equal files")
      + lines(statistics.pixelDuplicates, "equal pixels in different files")
  }

  private func failures() -> [String] {
    let all = statistics.failures
    guard !all.isEmpty else { return [] }
    let shown = all.prefix(10).map { failure in
      "  \(failure.name.visible)\(failure.stage.map { " (\($0))" } ?? ""): \(failure.reason.visible)"
    }
    let left = all.count - shown.count
    return title("failed: \(Figures.count(all.count))") + shown
      + (left > 0 ? ["  … \(Figures.count(left)) more in --json and --errors FILE"] : [])
  }

  private func advice() -> [String] {
    let lines = statistics.advice
    return lines.isEmpty
      ? [] : title("to know") + lines.flatMap { wrapped($0.visible, mark: isASCII ? "-" : "•") }
  }

  /// A sentence over as many lines as it needs; what stands in parentheses stays together, to be copied.
  private func wrapped(_ text: String, mark: String) -> [String] {
    var lines = ["  \(mark)"]
    for word in Self.words(text) {
      if lines[lines.count - 1].count + 1 + word.count > width, lines[lines.count - 1].count > 4 {
        lines.append("   ")
      }
      lines[lines.count - 1] += " " + word
    }
    return lines
  }

  private static func words(_ text: String) -> [String] {
    var words = [""]
    var depth = 0
    for character in text {
      if character == "(" { depth += 1 }
      if character == ")" { depth -= 1 }
      if character == " " && depth <= 0 { words.append("") } else { words[words.count - 1].append(character) }
    }
    return words.filter { !$0.isEmpty }
  }
}
