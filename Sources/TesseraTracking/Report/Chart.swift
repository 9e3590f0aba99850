/// A line of a chart.
public struct Curve: Sendable, Equatable {
  /// How a curve is drawn.
  public enum Style: Sendable, Equatable {
    /// A line.
    case line
    /// A faint line in the colour of the curve after it, which smooths it.
    case faint
    /// A line with a dot at each point: few values.
    case dots
  }

  /// What the legend calls it.
  public var name: String
  /// Its points, `x` rising. Values that are not finite are gaps, which are marked at the bottom.
  public var points: [(x: Double, y: Double)]
  public var style: Style

  public init(_ name: String, _ points: [(x: Double, y: Double)], style: Style = .line) {
    (self.name, self.points, self.style) = (name, points, style)
  }

  public static func == (a: Curve, b: Curve) -> Bool {
    a.name == b.name && a.style == b.style
      && a.points.elementsEqual(b.points) { $0.x == $1.x && $0.y == $1.y }
  }

  /// The curve smoothed by the mean of about so many points around each, taken twice. The mean looks to both sides, so
  /// that it does not lag behind a curve that falls, and to neither further than the curve's start is away: there it
  /// is the curve itself. Values that are not finite are left out.
  ///
  /// - Parameter breaks: places over which no mean goes, such as the starts of stages.
  public func smoothed(over count: Int, name: String, breaks: [Double] = []) -> Curve {
    let finite = points.filter { $0.y.isFinite }
    var smooth: [(x: Double, y: Double)] = []
    var rest = finite[...]
    while let first = rest.first {
      let part = breaks.count { $0 < first.x }
      let end = rest.firstIndex { point in breaks.count { $0 < point.x } != part } ?? rest.endIndex
      let run = rest[..<end]
      let means = Self.means(Self.means(run.map(\.y), reach: count / 4), reach: count / 4)
      smooth += zip(run, means).map { (x: $0.x, y: $1) }
      rest = rest[end...]
    }
    return Curve(name, smooth)
  }

  private static func means(_ values: [Double], reach: Int) -> [Double] {
    var sums = [0.0]
    for value in values { sums.append(sums[sums.count - 1] + value) }
    return values.indices.map { index in
      let left = min(reach, index)
      let range = index - left..<min(index + left, values.count - 1) + 1
      return (sums[range.upperBound] - sums[range.lowerBound]) / Double(range.count)
    }
  }
}

/// Curves, over the steps of a run unless it says something else.
public struct Chart: Sendable, Equatable {
  /// What lies along the chart's foot.
  public enum Foot: Sendable, Equatable {
    case steps
    /// A quantity above zero, on a logarithmic axis.
    case logarithmic(String)
  }

  /// How the values are laid out.
  public enum Scale: Sendable, Equatable {
    case linear
    case logarithmic
    /// Either, as the reader chooses; first linear.
    case choice
  }

  public var title: String
  /// What the values are measured in; empty for none.
  public var unit: String
  public var curves: [Curve]
  public var scale: Scale
  /// Whether a linear axis has zero on it however far it is: for rates and shares.
  public var hasZero: Bool
  /// Whether it takes the whole width of the page.
  public var isWide: Bool
  /// What the curves' `x` is.
  public var foot = Foot.steps

  public init(
    _ title: String, unit: String = "", _ curves: [Curve], scale: Scale = .choice, hasZero: Bool = false,
    isWide: Bool = false
  ) {
    (self.title, self.unit, self.curves, self.scale) = (title, unit, curves, scale)
    (self.hasZero, self.isWide) = (hasZero, isWide)
  }

  /// The numbers of the curves' colours.
  var colours: [Int] {
    var next = 0
    return curves.map { curve in
      defer { if curve.style != .faint { next += 1 } }
      return next % 6
    }
  }
}

/// A stage on the charts' axis of steps.
public struct StageSpan: Sendable, Equatable {
  public var name: String
  /// The steps of all stages before it.
  public var start: Double
  /// Its own steps.
  public var steps: Double

  public init(_ name: String, start: Double, steps: Double) {
    (self.name, self.start, self.steps) = (name, start, steps)
  }
}
