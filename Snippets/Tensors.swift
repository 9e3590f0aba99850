import Tessera

let pipeline = Pipeline {
  RandomResizedCrop(224)
  RandomHorizontalFlip()
  ToTensor()
  Normalize(.imageNet)
}
for (index, file) in try PictureFiles(source: "samples/photos").files.enumerated() {
  let tensor = try pipeline.tensor(contentsOf: file.path, seed: 42, sample: UInt64(index))
  print(file.path, tensor.shape)  // samples/photos/animals/cat-palette.png [3, 224, 224]
}
