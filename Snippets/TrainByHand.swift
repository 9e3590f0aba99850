import Tessera
import TesseraVLM

// The loop by hand: the loader's batches are libtorch's tensors without a copy; forward, backward, AdamW.
//   TrainByHand [folder of classes]
let train = try ImageFolder(CommandLine.arguments.dropFirst().first ?? "samples/photos").map {
  Resize(48)
  CenterCrop(48)
  ToTensor()
  Normalize(.imageNet)
}
let loader = DataLoader(train, batchSize: 22, order: .shuffled(seed: 42))

/// New weights: normal, with variance 2 / inputs.
func weights(_ shape: [Int]) -> TorchTensor {
  let inputs = shape.dropFirst().reduce(1, *)
  return (TorchTensor.randn(shape) * (2 / Double(inputs)).squareRoot()).requiringGrad()
}
TorchRuntime.seed(7)
let kernels = weights([24, 3, 8, 8])
let head = weights([loader.classes.count, 24 * 6 * 6])
let optimizer = AdamW([AdamW.Group([kernels, head], learningRate: 2e-3, weightDecay: 0.01)])
for epoch in 0..<8 {
  var (loss, right, count) = (0.0, 0, 0)
  for batch in loader.epoch(epoch).blocking {
    let batch = try batch.get()
    let images = TorchTensor(sharing: batch.images)  // [22, 3, 48, 48]: the loader's memory
    let labels = TorchTensor(sharing: .int64(batch.labels))  // [22]
    let logits = images.conv2d(kernels, stride: (8, 8)).relu().flatten(1).linear(head)
    let losses = logits.crossEntropy(labels)  // their mean
    losses.backward()
    optimizer.clipGradients(norm: 1)
    noGrad { optimizer.step() }
    optimizer.clearGradients()
    loss += losses.item * Double(batch.count)
    right += (logits.argmax(1) .== labels).to(.int64).sum().intItem
    count += batch.count
  }
  print("epoch \(epoch): loss \(loss / Double(count)), right \(right) of \(count)")
}
