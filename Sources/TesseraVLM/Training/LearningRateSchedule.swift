private import Foundation
internal import TesseraCore

/// How the learning rate goes through a run: a warm-up from 0, then a shape.
///
/// The factor of step *s* (1 is the first) is *s* / warm-up while *s* ≤ warm-up. Then, with *t* from 0 (the last step
/// of the warm-up) to 1 (the last step) and *f* the final share:
///
/// - `constant`: 1
/// - `linear`: 1 − (1 − f)·t
/// - `cosine`: f + (1 − f)·(1 + cos πt)/2 (Loshchilov & Hutter 2017, one cycle)
/// - `wsd`: 1 until the decay begins, then linearly to f (warm-up, stable, decay: Hu et al. 2024, arXiv:2404.06395)
public struct LearningRateSchedule: Sendable, Hashable {
  /// What follows the warm-up.
  public enum Shape: String, Sendable, Hashable, CaseIterable {
    case constant, linear, cosine, wsd
  }

  public var shape: Shape
  /// Steps of the whole run.
  public var steps: Int
  /// Steps of the warm-up.
  public var warmup: Int
  /// What is left at the last step, as a share of the full rate, 0...1.
  public var finalShare: Double
  /// The share of the steps in which `wsd` decays, 0...1.
  public var decayShare: Double

  public init(
    _ shape: Shape = .cosine, steps: Int, warmup: Int = 0, finalShare: Double = 0, decayShare: Double = 0.2
  ) {
    self.shape = shape
    self.steps = steps
    self.warmup = warmup
    self.finalShare = finalShare
    self.decayShare = decayShare
  }

  /// - Throws: `invalidArgument` for numbers that make no schedule.
  public func validate() throws {
    func check(_ isRight: Bool, _ name: String, _ expected: String, _ got: Any) throws {
      guard isRight else {
        throw TesseraError(.invalidArgument(name: name, expected: expected, got: "\(got)"))
      }
    }
    try check(steps > 0, "steps", "at least 1", steps)
    try check((0...steps).contains(warmup), "warmup", "0...\(steps), the steps of the run", warmup)
    try check((0...1).contains(finalShare), "final", "0...1", finalShare)
    try check((0...1).contains(decayShare), "decay", "0...1", decayShare)
  }

  /// What the learning rate is multiplied by at a step, 1...`steps`; the last one's beyond.
  public func factor(_ step: Int) -> Double {
    if step <= warmup { return Double(step) / Double(warmup) }
    let t = min(1, Double(step - warmup) / Double(max(1, steps - warmup)))
    switch shape {
    case .constant: return 1
    case .linear: return 1 - (1 - finalShare) * t
    case .cosine: return finalShare + (1 - finalShare) * (1 + cos(Double.pi * t)) / 2
    case .wsd:
      let decay = decayShare * Double(steps)
      let begun = Double(step) - (Double(steps) - decay)
      return begun <= 0 ? 1 : 1 - (1 - finalShare) * min(1, begun / decay)
    }
  }
}
