import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraVLM
import Testing

/// A line through points: one's own task, in a few members.
final class LineTask: TrainingTask {
  let weight: TorchTensor
  var cursor = 0
  /// Steps whose loss is made not finite.
  var broken: Set<Int> = []
  /// The point that cannot be read.
  var missing: Int?
  var exported: [String] = []

  init(_ start: Float = 0) { weight = TorchTensor([start, start], shape: [1, 2]).requiringGrad() }

  var parameters: [NamedParameter] { [NamedParameter("weight", weight)] }

  func nextStep() throws -> StepBatches<[Float]>? {
    guard cursor < 50 else { return nil }
    if cursor == missing {
      throw TesseraError(.io(operation: "read", code: EIO, message: "no such point"), index: cursor)
    }
    defer { cursor += 1 }
    let x = [Float(cursor % 5) - 2, Float(cursor % 3)]
    return StepBatches([x, x.reversed()], units: [1, 1], samples: ["point \(cursor)"])
  }

  func loss(_ batch: [Float]) -> TorchTensor {
    let x = TorchTensor(batch + [1], shape: [3])
    let y = weight.reshape(2)
    let miss = x[0] * y[0] + y[1] * x[1] - (x[0] * 3 - x[1] + 0)
    let loss = miss.square()
    return broken.contains(cursor) ? loss / 0 : loss
  }

  func position() -> String { "\(cursor)" }
  func restore(_ position: String) { cursor = Int(position) ?? 0 }
  func export(to path: String) { exported.append(path) }
}

@Suite("a trainer moves a task of one's own")
struct TrainerTests {
  private func options(_ steps: Int) -> TrainerOptions {
    var options = TrainerOptions(steps: steps)
    options.learningRate = 0.2
    options.schedule.shape = .constant
    return options
  }

  @Test("the loss falls, and the run ends with its steps or with its data")
  func learns() throws {
    let task = LineTask()
    let trainer = try Trainer(task, options(200))
    var losses: [Double] = []
    while let record = try trainer.step() { losses.append(record.loss) }
    #expect(losses.count == 50 && !trainer.isDone)
    let (first, last) = (losses.prefix(5).reduce(0, +), losses.suffix(5).reduce(0, +))
    #expect(last < first / 10)
    let short = try Trainer(LineTask(), options(3))
    var steps = 0
    while try short.step() != nil { steps += 1 }
    #expect(steps == 3)
    #expect(short.isDone)
  }

  @Test("a step that is not finite moves nothing, is marked, and stops the run with its samples after k")
  func notFinite() throws {
    let task = LineTask(1)
    task.broken = [2, 3, 5]
    var options = options(10)
    options.badSteps = 2
    let trainer = try Trainer(task, options)
    #expect(try trainer.step()?.isSkipped == false)
    let before = task.weight.array(of: Float.self)
    #expect(try trainer.step()?.isSkipped == true)
    #expect(task.weight.array(of: Float.self) == before)
    #expect(try trainer.step()?.isSkipped == true)
    #expect(try trainer.step()?.isSkipped == false)
    #expect(task.weight.array(of: Float.self) != before)
    let last = try trainer.step()
    #expect(last?.isSkipped == true && last?.skippedSamples == ["point 4"] && trainer.failure != nil)
    let error = #expect(throws: TesseraError.self) { try trainer.step() }
    #expect(error?.description.contains("point 4") == true && error?.description.contains("step 5") == true)
  }

  @Test("a step of which no sample could be read moves nothing and is marked, and costs no bad step")
  func unread() throws {
    final class Gaps: TrainingTask {
      let weight = TorchTensor([1] as [Float], shape: [1]).requiringGrad()
      var parameters: [NamedParameter] { [NamedParameter("weight", weight)] }
      var cursor = 0
      func nextStep() -> StepBatches<Int>? {
        defer { cursor += 1 }
        return cursor % 2 == 0
          ? StepBatches([], units: [], failures: ["row \(cursor)"]) : StepBatches([0], units: [1])
      }
      func loss(_ batch: Int) -> TorchTensor { weight.sum() }
      func position() -> String { "" }
      func restore(_ position: String) {}
      func export(to path: String) {}
    }
    let task = Gaps()
    var options = options(4)
    options.badSteps = 0
    let trainer = try Trainer(task, options)
    let first = try trainer.step()
    #expect(first?.isSkipped == true && first?.skippedSamples == ["row 0"] && first?.units == 0)
    #expect(task.weight.item == 1)
    #expect(try trainer.step()?.isSkipped == false)
    #expect(task.weight.item < 1 && trainer.skippedSteps == 0)
    var steps = 2
    while try trainer.step() != nil { steps += 1 }
    #expect(steps == 4)
  }

  @Test("decay takes from matrices and leaves vectors, and rates are scaled by parameter")
  func groups() throws {
    let vector = TorchTensor([1, 1] as [Float], shape: [2])
    #expect(NamedParameter("a", vector).decays == false)
    #expect(NamedParameter("b", vector.reshape(1, 2)).decays == true)
    final class Two: TrainingTask {
      let fast = TorchTensor([1] as [Float], shape: [1]).requiringGrad()
      let slow = TorchTensor([1] as [Float], shape: [1]).requiringGrad()
      var parameters: [NamedParameter] {
        [
          NamedParameter("fast", fast, learningRateScale: 1),
          NamedParameter("slow", slow, learningRateScale: 0.1),
        ]
      }
      func nextStep() -> StepBatches<Int>? { StepBatches([0], units: [1]) }
      func loss(_ batch: Int) -> TorchTensor { (fast + slow).sum() }
      func position() -> String { "" }
      func restore(_ position: String) {}
      func export(to path: String) {}
    }
    let task = Two()
    let trainer = try Trainer(task, options(1))
    _ = try trainer.step()
    // AdamW's first step is the learning rate, whatever the gradient.
    #expect(abs(task.fast.item - 0.8) < 1e-5)
    #expect(abs(task.slow.item - 0.98) < 1e-5)
  }

  @Test("a step without units is an error that names samples")
  func empty() throws {
    final class Nothing: TrainingTask {
      let weight = TorchTensor([1] as [Float], shape: [1]).requiringGrad()
      var parameters: [NamedParameter] { [NamedParameter("weight", weight)] }
      func nextStep() -> StepBatches<Int>? { StepBatches([0], units: [0], samples: ["row 7"]) }
      func loss(_ batch: Int) -> TorchTensor { weight.sum() }
      func position() -> String { "" }
      func restore(_ position: String) {}
      func export(to path: String) {}
    }
    let error = #expect(throws: TesseraError.self) { try Trainer(Nothing(), options(1)).step() }
    #expect(error?.description.contains("row 7") == true)
  }
}

@Suite("a run that was stopped goes on as if it had not been")
struct TrainingRunTests {
  private func run(
    _ folder: String, steps: Int = 12, stopAfter: Int? = nil, task: LineTask = LineTask(),
    sharding: Bool = false
  ) throws -> TrainingRun<LineTask> {
    var options = TrainerOptions(steps: steps)
    options.learningRate = 0.1
    options.shardsOptimizer = sharding
    let run = TrainingRun(
      try Trainer(task, options), folder: folder, settings: "line\nsteps \(steps)", keep: 2)
    run.checkpointEvery = 3
    if let stopAfter { run.shouldStop = { run.trainer.completedSteps >= stopAfter } }
    return run
  }

  @Test(
    "the digest of weights, moments and state is that of the uninterrupted run", arguments: [1, 3, 4, 11])
  func digest(_ stop: Int) throws {
    let folder = try TemporaryFolder()
    let whole = try run("\(folder.path)/whole")
    #expect(try whole.run() == .done(steps: 12))
    let first = try run("\(folder.path)/parts", stopAfter: stop)
    #expect(try first.run() == .stopped(steps: stop))
    let second = try run("\(folder.path)/parts")
    #expect(try second.resume()?.state.step == stop)
    #expect(try second.run() == .done(steps: 12))
    let digests = try [whole, second].map { try #require(try $0.newestCheckpoint()).digest }
    #expect(digests[0] == digests[1])
    // Another run has another digest.
    let other = try run("\(folder.path)/other", task: LineTask(0.5))
    _ = try other.run()
    #expect(try other.newestCheckpoint()?.digest != digests[0])
  }

  @Test(
    "data that cannot be read end the run after what is done was saved, and it goes on from there",
    arguments: [false, true])
  func saves(sharding: Bool) throws {
    let folder = try TemporaryFolder()
    let task = LineTask()
    task.missing = 4
    let first = try run("\(folder.path)/parts", task: task, sharding: sharding)
    #expect(throws: TesseraError.self) { try first.run() }
    #expect(try first.newestCheckpoint()?.state.step == 4)
    let second = try run("\(folder.path)/parts", sharding: sharding)
    #expect(try second.resume()?.state.step == 4)
    #expect(try second.run() == .done(steps: 12))
    let whole = try run("\(folder.path)/whole")
    _ = try whole.run()
    #expect(try second.newestCheckpoint()?.digest == whole.newestCheckpoint()?.digest)
  }

  @Test("a torn checkpoint is told and passed over; old ones go, the newest stay")
  func torn() throws {
    let folder = try TemporaryFolder()
    let first = try run(folder.path, stopAfter: 9)
    _ = try first.run()
    let steps = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/checkpoints").sorted()
    #expect(steps == ["step-0000006", "step-0000009"])
    let file = "\(folder.path)/checkpoints/step-0000009/moments.safetensors"
    var bytes = try Data(contentsOf: URL(fileURLWithPath: file))
    bytes[bytes.count - 3] ^= 1
    try bytes.write(to: URL(fileURLWithPath: file))
    let second = try run(folder.path)
    var said: [String] = []
    second.say = { said.append($0) }
    #expect(try second.resume()?.state.step == 6)
    #expect(said.contains { $0.contains("moments.safetensors") && $0.contains("passed over") })
    _ = try second.run()
    let whole = try run("\(folder.path)/whole")
    _ = try whole.run()
    #expect(try second.newestCheckpoint()?.digest == whole.newestCheckpoint()?.digest)
  }

  @Test("a checkpoint of other settings is refused with the first line that differs")
  func settings() throws {
    let folder = try TemporaryFolder()
    _ = try run(folder.path, stopAfter: 3).run()
    let other = try run(folder.path, steps: 20)
    let error = #expect(throws: TesseraError.self) { try other.resume() }
    #expect(error?.description.contains("'steps 12' then, 'steps 20' now") == true)
  }
}
