private import Foundation

/// What a search for a learning rate found.
public struct LearningRateSearch: Sendable, Hashable {
  /// A step: its rate and what the loss was before it.
  public struct Point: Sendable, Hashable {
    public var rate: Double
    public var loss: Double
    /// The loss smoothed over the steps so far.
    public var smoothed: Double
  }

  /// How it ended.
  public enum Ending: String, Sendable, Hashable {
    /// The smoothed loss was many times its best.
    case diverged
    /// The loss or a gradient was not finite.
    case notFinite = "not finite"
    /// The highest rate was reached and the loss had not broken away.
    case reachedTheEnd = "reached the end"
    /// Someone asked for it.
    case stopped
  }

  /// Points at the beginning that no slope is taken of.
  private static let skipped = 10

  public var points: [Point] = []
  public var ending = Ending.reachedTheEnd

  init() {}

  /// The point of the lowest smoothed loss.
  public var best: Point? { points.min { $0.smoothed < $1.smoothed } }

  /// A tenth of the rate at the lowest smoothed loss: at the lowest itself the loss is about to rise (fastai's `minimum`).
  public var tenthOfBest: Double? { best.map { $0.rate / 10 } }

  /// The rate at which the smoothed loss falls fastest over the rate's logarithm, before its lowest (fastai's `steep`);
  /// nil where it never falls.
  ///
  /// The slope of each point is that of the line between the points two before and two behind it. The first ten points
  /// are left out, as Lightning's `suggestion` does: their mean is of few losses, and falls by chance.
  public var steepest: Double? {
    let first = min(Self.skipped, points.count / 4) + 2
    guard let lowest = points.indices.min(by: { points[$0].smoothed < points[$1].smoothed }),
      lowest - 2 >= first
    else { return nil }
    func slope(_ index: Int) -> Double {
      let (a, b) = (points[index - 2], points[index + 2])
      return (b.smoothed - a.smoothed) / log(b.rate / a.rate)
    }
    let found = (first...lowest - 2).map { (rate: points[$0].rate, slope: slope($0)) }.min {
      $0.slope < $1.slope
    }
    guard let found, found.slope < 0 else { return nil }
    return found.rate
  }
}
