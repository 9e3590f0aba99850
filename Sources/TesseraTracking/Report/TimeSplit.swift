/// Where the time of a stage went.
public struct TimeSplit: Sendable, Equatable {
  public var title: String
  /// Parts that do not overlap, in seconds: data, forward, backward, optimiser, other.
  public var parts: [(name: String, seconds: Double)]

  public init(_ title: String, _ parts: [(name: String, seconds: Double)]) {
    (self.title, self.parts) = (title, parts)
  }

  public static func == (a: TimeSplit, b: TimeSplit) -> Bool {
    a.title == b.title && a.parts.elementsEqual(b.parts) { $0.name == $1.name && $0.seconds == $1.seconds }
  }

  /// The seconds of all parts.
  public var total: Double { parts.reduce(0) { $0 + $1.seconds } }
}

extension TimeSplit {
  var html: String {
    guard total > 0, total.isFinite else {
      return HTML.element("h3", title) + "<p class=\"note\">no time was measured</p>"
    }
    var bar = ""
    var legend = ""
    for (index, part) in parts.enumerated() {
      let share = part.seconds / total
      let text = "\(part.name): \(ReportNumber.percent(share)), \(Self.duration(part.seconds))"
      let label = "\(part.name) \(ReportNumber.fixed(share * 100, 0))\u{2009}%"
      // Where a wide page has room for it; a narrow one cuts it, and the legend has it all.
      let inside = share * 1100 > Double(label.count) * 7.5 + 16 ? HTML.escaped(label) : ""
      bar +=
        "<span class=\"p\(index % 6)\" style=\"width:\(ReportNumber.fixed(share * 100, 3))%\" "
        + "title=\"\(HTML.escaped(text))\">\(inside)</span>"
      legend +=
        "<li><i class=\"p\(index % 6)\"></i>\(HTML.escaped(part.name)) <b>\(ReportNumber.percent(share))</b> "
        + "<span class=\"sub\">\(Self.duration(part.seconds))</span></li>"
    }
    return HTML.element("h3", "\(title): \(Self.duration(total))") + "<div class=\"split\">\(bar)</div>"
      + "<ul class=\"legend\">\(legend)</ul>"
  }

  /// `0.4 s`, `12 s`, `4 min 5 s`, `2 h 3 min`.
  static func duration(_ seconds: Double) -> String {
    if seconds < 10 { return "\(ReportNumber.fixed(seconds, seconds < 1 ? 2 : 1)) s" }
    let whole = Int(seconds.rounded())
    if whole < 60 { return "\(whole) s" }
    return whole < 3600 ? "\(whole / 60) min \(whole % 60) s" : "\(whole / 3600) h \(whole / 60 % 60) min"
  }
}
