import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraVLM
import Testing

/// Samples of a tiny model as a task whose steps are dealt out to ranks.
private final class TinyTask: TrainingTask {
  let tiny: TinySamples
  let group: ProcessGroup
  var cursor = 0
  /// The step at which this rank's data cannot be had.
  var failing: Int?
  /// The step at which this rank's loss is not finite.
  var broken: Int?
  private(set) var totals: [StepTotals] = []

  init(_ group: ProcessGroup) throws {
    tiny = try TinySamples(type: .float64)
    self.group = group
  }

  var parameters: [NamedParameter] {
    tiny.model.parameters.all.map { NamedParameter($0.spec.name, $0.tensor) }
  }

  func nextStep() throws -> StepBatches<Int>? {
    guard cursor < 8 else { return nil }
    cursor += 1
    if cursor == failing { throw TesseraError(.corrupt(format: "sample 7", detail: "cut")) }
    // Every other step has fewer samples than there are ranks at the most.
    let all = (0..<(cursor % 2 == 0 ? 3 : 5)).map { (cursor + $0) % 6 }
    let own = all.indices.filter { $0 % group.size == group.rank }.map { all[$0] }
    return StepBatches(
      own, units: own.map { tiny.batch($0..<$0 + 1).targets.count }, images: own.count,
      samples: own.map { "sample \($0)" })
  }

  func begin(_ totals: StepTotals) { self.totals.append(totals) }

  func loss(_ sample: Int) throws -> TorchTensor {
    let loss = try tiny.model.loss(tiny.batch(sample..<sample + 1))
    return cursor == broken ? loss / 0 : loss
  }

  func position() -> String { "\(cursor)" }
  func restore(_ position: String) { cursor = Int(position) ?? 0 }
  func export(to path: String) {}
}

@Suite("several ranks train as one process does")
struct RankTrainingTests {
  private static func options() -> TrainerOptions {
    var options = TrainerOptions(steps: 8)
    options.learningRate = 1e-2
    options.clip = 0.5
    return options
  }

  private struct Course: Sendable {
    var losses: [Double] = []
    var norms: [Double] = []
    var weights: [Double] = []
    var totals: [StepTotals] = []
    var skipped: [String] = []
    var error: String?
    var steps = 0
    /// Numbers of each moment that the rank has.
    var remembered = 0
  }

  private static func train(
    _ group: ProcessGroup, shards: Bool = false, _ change: (TinyTask) -> Void = { _ in }
  ) throws -> Course {
    let task = try TinyTask(group)
    change(task)
    var options = options()
    options.shardsOptimizer = shards
    let trainer = try Trainer(task, options, group: group)
    var course = Course()
    do {
      while let record = try trainer.step() {
        course.losses.append(record.loss)
        course.norms.append(record.gradientNorm)
        course.skipped += record.skippedSamples
      }
    } catch { course.error = "\(error)" }
    course.steps = trainer.completedSteps
    course.remembered = zip(trainer.optimizer.moments, trainer.parameters).reduce(0) {
      $0 + ($1.0 == nil ? 0 : $1.1.tensor.count)
    }
    course.totals = task.totals
    course.weights = trainer.parameters.flatMap { $0.tensor.array(of: Double.self) }
    return course
  }

  @Test(
    "losses, norms and weights are those of one process, to the last digits of float64", arguments: [2, 4],
    [false, true])
  func same(_ size: Int, _ shards: Bool) throws {
    let one = try Self.train(.alone)
    #expect(one.losses.count == 8 && one.error == nil)
    let courses = try Ranks.run(size) { try Self.train($0, shards: shards) }
    // Each moment is somewhere, and with shards on one rank alone: about as many on each.
    let remembered = courses.map(\.remembered)
    #expect(remembered.reduce(0, +) == (shards ? 1 : size) * one.remembered)
    #expect(!shards || (remembered.max() ?? 0) < one.remembered * 3 / (2 * size) + 2000, "\(remembered)")
    for course in courses {
      #expect(course.error == nil)
      for (a, b) in zip(course.losses + course.norms, one.losses + one.norms) {
        #expect(abs(a - b) < 1e-12 * abs(b), "\(a), alone \(b)")
      }
      let distance = zip(course.weights, one.weights).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(distance < 1e-9, "\(distance)")
      #expect(course.totals == one.totals)
      // Ranks do not part from each other, not by a bit.
      #expect(course.losses == courses[0].losses && course.weights == courses[0].weights)
    }
  }

  @Test("what one rank cannot read ends the step on all before anything moves, and is told")
  func unreadable() throws {
    let one = try Self.train(.alone) { $0.failing = 4 }
    let courses = try Ranks.run(3) { group in
      try Self.train(group) { if group.rank == 1 { $0.failing = 4 } }
    }
    for (rank, course) in courses.enumerated() {
      let error = try #require(course.error)
      #expect(error.contains("sample 7") && error.contains("rank 1 failed") == (rank != 1), "\(error)")
      #expect(course.steps == 3 && course.steps == one.steps)
    }
  }

  @Test("a gradient that is not finite on one rank is passed over by all, with all samples' names")
  func notFinite() throws {
    let courses = try Ranks.run(2) { group in
      try Self.train(group) { if group.rank == 1 { $0.broken = 3 } }
    }
    for course in courses {
      #expect(course.error == nil && course.steps == 8)
      #expect(course.skipped.sorted() == [0, 1, 3, 4, 5].map { "sample \($0)" }, "\(course.skipped)")
      #expect(course.weights == courses[0].weights && course.weights.allSatisfy(\.isFinite))
    }
  }
}
