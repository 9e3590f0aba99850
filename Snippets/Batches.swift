import Tessera

let train = try ImageFolder("samples/photos").map {
  RandomResizedCrop(224)
  RandomHorizontalFlip()
  ToTensor()
  Normalize(.imageNet)
}
let loader = DataLoader(train, batchSize: 16, order: .shuffled(seed: 42))
for try await batch in loader.epoch(0) {
  print(batch.images.shape, batch.labels.shape)  // [16, 3, 224, 224] [16], and at last [12, 3, 224, 224] [12]
}
