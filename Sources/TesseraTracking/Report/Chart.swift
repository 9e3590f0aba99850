/// A line of a chart.
public struct Curve: Sendable, Equatable {
  /// How a curve is drawn.
  public enum Style: Sendable, Equatable {
    /// A line.
    case line
    /// A faint line behind the others: what another curve smooths.
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
    a.name == b.name && a.style == b.style && a.points.elementsEqual(b.points) { $0.x == $1.x && $0.y == $1.y }
  }

  /// The curve smoothed by an exponential mean over about so many points; values that are not finite are left out.
  ///
  /// - Parameter breaks: places at which the mean starts anew, such as the starts of stages.
  public func smoothed(over count: Double, name: String, breaks: [Double] = []) -> Curve {
    let keep = 1 - 1 / max(count, 1)
    var (mean, weight) = (0.0, 0.0)
    var rest = breaks.sorted()[...]
    var points: [(x: Double, y: Double)] = []
    for (x, y) in self.points where y.isFinite {
      while let first = rest.first, x > first {
        (mean, weight) = (0, 0)
        rest = rest.dropFirst()
      }
      mean = keep * mean + (1 - keep) * y
      weight = keep * weight + (1 - keep)
      // Divided by the weights so far, the mean starts at the first value and not at 0.
      points.append((x, mean / weight))
    }
    return Curve(name, points)
  }
}

/// Curves over the steps of a run.
public struct Chart: Sendable, Equatable {
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
  /// Whether it takes the whole width of the page.
  public var isWide: Bool

  public init(_ title: String, unit: String = "", _ curves: [Curve], scale: Scale = .choice, isWide: Bool = false) {
    (self.title, self.unit, self.curves, self.scale, self.isWide) = (title, unit, curves, scale, isWide)
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
