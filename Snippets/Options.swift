import Tessera

let train = try ImageFolder("samples/photos").map {
  RandomResizedCrop(64)
  ToTensor()
}
let loader = DataLoader(
  train, batchSize: 16, order: .shuffled(seed: 42), threads: 2,
  transforms: [MixUp(classCount: 9)], layout: ImageLayout(channels: .last, dataType: .bfloat16),
  onError: .skip(maximum: 0.01))  // .stop is the default; .substitute puts another sample in the place

let epoch = loader.epoch(0)
for batch in epoch.blocking {  // a plain loop, without await
  print(try batch.get())  // Batch(epoch 0, batch 0, 16 of 16, images [16, 64, 64, 3] bfloat16)
}
print(epoch.report.sentence)  // Decoding sets the pace: 64 % of the threads' time; …

let again = try loader.batch(at: BatchPosition(epoch: 3, batch: 1))  // any batch, again
print(again.indices, again.softLabels?.shape ?? [])
