import Foundation
import Tessera
import TesseraCorpora
import TesseraVLM

// A small classifier of pictures trained by `Trainer`: one's own dataset, task, metric and callback.
// Kill it anywhere and start it again with the same folder: it goes on from its newest checkpoint.
//   TrainClassifier [folder of the run] [steps]
let given = CommandLine.arguments.dropFirst()
let process = ProcessInfo.processInfo.processIdentifier
let folder = given.first ?? "\(NSTemporaryDirectory())/classifier-\(process)"
let steps = given.dropFirst().first.flatMap { Int($0) } ?? 300

/// One's own dataset: scenes of one object that are drawn when they are asked for; the label is its shape.
struct OneShape: Dataset {
  let scenes: [ShapesScene]
  let classes = ShapesShape.allCases.map(\.rawValue)
  var count: Int { scenes.count }

  init(_ split: ShapesSplit, count: Int) {
    let all = (0...).lazy.map { ShapesScene(seed: 0, split: split, index: $0) }
    scenes = Array(all.filter { $0.objects.count == 1 }.prefix(count))
  }

  func sample(at index: Int) -> Sample {
    let picture = PictureSource.image(scenes[index].image(side: 32), name: "scene \(index)")
    return Sample(picture, label: classes.firstIndex(of: scenes[index].objects[0].pair.shape.rawValue))
  }
}

/// One's own task: three convolutions and a head, and where its batches stand.
final class Classifier: TrainingTask {
  let loader: DataLoader
  let parameters: [NamedParameter]
  private var state: LoaderState
  private var batches: BatchIterator

  init(_ loader: DataLoader) throws {
    self.loader = loader
    (state, batches) = (try loader.state(), loader.epoch(0).makeBatchIterator())
    let shapes = [
      ("first", [16, 3, 4, 4]), ("second", [32, 16, 4, 4]), ("third", [64, 32, 3, 3]),
      ("head", [loader.classes.count, 64]),
    ]
    parameters = shapes.map { name, shape in
      let inputs = shape.dropFirst().reduce(1, *)
      let weight = TorchTensor.randn(shape) * (2 / Double(inputs)).squareRoot()
      return NamedParameter(name, weight.requiringGrad())
    }
  }

  /// - Shape: `[N, 3, 32, 32]` → `[N, classes]`.
  func logits(_ batch: Batch) -> TorchTensor {
    let images = TorchTensor(sharing: batch.images)  // the loader's memory, no copy
    let first = images.conv2d(parameters[0].tensor, stride: (2, 2), padding: (1, 1)).relu()
    let second = first.conv2d(parameters[1].tensor, stride: (2, 2), padding: (1, 1)).relu()
    let third = second.conv2d(parameters[2].tensor, padding: (1, 1)).flatten(2)  // [N, 64, places]
    return third.max(2).values.linear(parameters[3].tensor)  // wherever the object is
  }

  func nextStep() throws -> StepBatches<Batch>? {
    while true {
      if let batch = try batches.nextBlocking() {
        state = try loader.state(after: batch)
        return StepBatches([batch], units: [batch.count], images: batch.count, samples: batch.names)
      }
      try restore(loader.state(epoch: state.epoch + 1))  // the next epoch, in another order
    }
  }

  func loss(_ batch: Batch) -> TorchTensor {
    logits(batch).crossEntropy(TorchTensor(sharing: .int64(batch.labels)), reduction: .sum)
  }

  func position() throws -> String { String(decoding: try JSONEncoder().encode(state), as: UTF8.self) }

  func restore(_ position: String) throws {
    try restore(JSONDecoder().decode(LoaderState.self, from: Data(position.utf8)))
  }

  private func restore(_ state: LoaderState) throws {
    batches = try loader.epoch(resuming: state).makeBatchIterator()
    self.state = state
  }

  func export(to path: String) throws {
    let tensors = try parameters.map { ($0.name, try AnyTensor(sharing: $0.tensor)) }
    try SafetensorsFile.write(Dictionary(uniqueKeysWithValues: tensors), to: path)
  }
}

/// One's own metric: the share that is right, and that of each class.
struct Accuracy: Metric {
  let classes: [String]
  private var right: [Int: Int] = [:]
  private var count: [Int: Int] = [:]

  init(classes: [String]) { self.classes = classes }

  mutating func add(_ reply: (said: Int, label: Int)) {
    count[reply.label, default: 0] += 1
    right[reply.label, default: 0] += reply.said == reply.label ? 1 : 0
  }

  func scores() -> [MetricScore] {
    func share(_ right: Int, _ count: Int) -> Double { Double(right) / Double(max(1, count)) }
    let all = share(right.values.reduce(0, +), count.values.reduce(0, +))
    return [MetricScore("accuracy", all)]
      + count.keys.sorted().map {
        MetricScore("accuracy", category: classes[$0], share(right[$0] ?? 0, count[$0] ?? 0))
      }
  }
}

/// One's own callback: measures unseen scenes now and then, and tells the run which checkpoint is the best.
final class Look: TrainingCallback {
  let task: Classifier
  let unseen: DataLoader
  init(_ task: Classifier, _ unseen: DataLoader) { (self.task, self.unseen) = (task, unseen) }

  func step(_ record: StepRecord) throws -> StepFindings {
    guard record.step == 1 || record.step % 60 == 0 else { return StepFindings() }
    var metric = Accuracy(classes: unseen.classes)
    for batch in unseen.epoch(0).blocking {
      let batch = try batch.get()
      let said = noGrad { task.logits(batch).argmax(1).array(of: Int64.self) }
      for (said, label) in zip(said, batch.labels.elements) { metric.add((Int(said), Int(label))) }
    }
    let scores = metric.scores()
    let words = scores.map { "\($0.category ?? $0.name) \(($0.value * 1000).rounded() / 10) %" }
    print("step \(record.step): loss \(Float(record.loss)), \(words.joined(separator: ", "))")
    return StepFindings(validationLoss: 1 - scores[0].value)
  }

  func end(_ ending: RunEnding) { print("ended: \(ending)") }
}

func loader(_ split: ShapesSplit, _ count: Int, _ order: SampleOrdering) -> DataLoader {
  let scenes = OneShape(split, count: count).map {
    ToTensor()
    Normalize(mean: [0.5, 0.5, 0.5], standardDeviation: [0.5, 0.5, 0.5])
  }
  return DataLoader(scenes, batchSize: 64, order: order)
}

TorchRuntime.seed(1)
let task = try Classifier(loader(.train, 4000, .shuffled(seed: 1)))
var options = TrainerOptions(steps: steps)
options.learningRate = 3e-3
options.schedule.warmup = min(10, steps)
options.weightDecay = 0.01
let run = TrainingRun(try Trainer(task, options), folder: folder, settings: "shapes, \(steps) steps")
run.checkpointEvery = 50
run.callbacks = [Look(task, loader(.validation, 400, .sequential))]
run.say = { print($0) }
if let checkpoint = try run.resume() { print("goes on after step \(checkpoint.state.step)") }
_ = try run.run()
try task.export(to: "\(folder)/classifier.safetensors")
