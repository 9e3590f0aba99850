import Tessera

/// Pictures whose names say whether they show an animal: a dataset of one's own.
struct Animals: Dataset {
  let files: PictureFiles
  let classes = ["something else", "an animal"]
  var count: Int { files.count }

  func sample(at index: Int) throws -> Sample {
    let file = files[index]
    return Sample(.file(file.path), label: file.name.hasPrefix("animals/") ? 1 : 0, name: file.name)
  }
}

let data = Animals(files: try PictureFiles(source: "samples/photos")).map {
  Resize(64)
  CenterCrop(64)
  ToTensor()
}
let loader = DataLoader(data, batchSize: 22)
for batch in loader.epoch(0).blocking {  // a plain loop: each batch is a result
  let labels = try batch.get().labels.elements
  print(labels.map { loader.classes[Int($0)] })
}
