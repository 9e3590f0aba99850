import Benchmark
import Dispatch
import Tessera

// One part of the library at a time: `make microbench`, or `swift package --package-path Benchmarks benchmark --filter …`.
// Beside other libraries the loader is measured by loader.py and resizing by resize.py.

let benchmarks: @Sendable () -> Void = {
  decoding()
  resizing()
  passes()
  plans()
  loading()
}

/// Files of 500×375 and of 12 megapixels.
private func decoding() {
  let decoder = ImageDecoder()
  let middle = DecodeRequest(region: Rect(x: 138, y: 75, width: 224, height: 224))
  let half = DecodeRequest(scale: 2)
  measure("decode: JPEG 500×375") { try decoder.decode(Inputs.smallJPEG) }
  measure("decode: JPEG 500×375, window 224²") { try decoder.decode(Inputs.smallJPEG, middle) }
  measure("decode: JPEG 500×375, scaled to 1/2") { try decoder.decode(Inputs.smallJPEG, half) }
  measure("decode: JPEG 500×375, progressive") { try decoder.decode(Inputs.smallProgressive) }
  measure("decode: PNG 500×375") { try decoder.decode(Inputs.smallPNG) }
  measure("decode: PNG 500×375, window 224²") { try decoder.decode(Inputs.smallPNG, middle) }
  measure("decode: JPEG 4000×3000") { try decoder.decode(Inputs.largeJPEG) }
  measure("decode: JPEG 4000×3000, seekable") { try decoder.decode(Inputs.seekableJPEG) }
  // One picture by two threads, each with a half of its rows: what that brings, and what it costs.
  let rows = 1504
  let halves = [
    DecodeRequest(region: Rect(x: 0, y: 0, width: 4000, height: rows)),
    DecodeRequest(region: Rect(x: 0, y: rows, width: 4000, height: 3000 - rows)),
  ]
  measure("decode: JPEG 4000×3000, seekable, halves by two threads") {
    DispatchQueue.concurrentPerform(iterations: halves.count) { half in
      blackHole(Inputs.made { try decoder.decode(Inputs.seekableJPEG, halves[half]) })
    }
  }
}

private func resizing() {
  let filters: [ResampleFilter] = [.bilinear, .bicubic, .lanczos]
  for filter in filters {
    let resize = ResizeTo(width: 341, height: 256, filter: filter)
    measure("resize: 500×375 → 341×256, \(filter.rawValue)") { try resize.apply(to: Inputs.small) }
  }
  for filter in filters {
    let resize = ResizeTo(width: 448, height: 336, filter: filter)
    measure("resize: 4000×3000 → 448×336, \(filter.rawValue)") { try resize.apply(to: Inputs.large) }
  }
}

/// Steps on a decoded picture, each as a pipeline of its own.
private func passes() {
  for (name, text) in [
    ("colour: hue", "adjust_hue(0.1)"), ("last pass: to_tensor, normalize", "to_tensor|normalize(imagenet)"),
    ("last pass: flip, to_tensor, normalize", "horizontal_flip|to_tensor|normalize(imagenet)"),
    ("last pass: to_tensor, normalize to float16", "to_tensor|normalize(imagenet)|to_dtype(float16)"),
    ("noise: gaussian", "gaussian_noise(mean: 0, sigma: 0.1)"), ("noise: shot", "shot_noise"),
    ("noise: shot on floats", "to_tensor|shot_noise"),
    ("noise: salt and pepper", "salt_and_pepper_noise"),
  ] {
    let pipeline = Inputs.made { try Pipeline(text: text) }
    measure("\(name), 224²") { try pipeline.apply(to: Inputs.square) }
  }
  let crop = Crop(x: 138, y: 75, width: 224, height: 224)
  measure("crop: 224² of 500×375", times: .kilo) { try crop.apply(to: Inputs.small) }
}

/// A file to a tensor, and the plan for it alone.
private func plans() {
  let training = Pipeline {
    RandomResizedCrop(224)
    RandomHorizontalFlip()
    ToTensor()
    Normalize(.imageNet)
  }
  // What stands before the crop and the resize, and a crop that is larger than the picture.
  let flipped = Pipeline {
    RandomHorizontalFlip(probability: 1)
    RandomResizedCrop(224)
    ToTensor()
    Normalize(.imageNet)
  }
  let padded = Pipeline {
    CenterCrop(Size(width: 600, height: 224))
    ToTensor()
    Normalize(.imageNet)
  }
  let evaluation = Pipeline {
    Resize(256)
    CenterCrop(224)
    ToTensor()
    Normalize(.imageNet)
  }
  let info = PictureInfo(size: Size(width: 500, height: 375), format: .rgb)
  measure("plan: draw and compile, training", times: .kilo) {
    try Plan(training.draw(for: info, using: RandomStream(seed: 1)))
  }
  for (name, pipeline) in [
    ("training", training), ("evaluation", evaluation), ("training, flip first", flipped),
    ("crop of 600×224", padded),
  ] {
    measure("plan: \(name), JPEG 500×375") {
      try Inputs.smallJPEG.withUnsafeBytes { try pipeline.output(decoding: $0, using: RandomStream(seed: 1)) }
    }
    measure("plan: \(name), PNG 500×375") {
      try Inputs.smallPNG.withUnsafeBytes { try pipeline.output(decoding: $0, using: RandomStream(seed: 1)) }
    }
  }
}

/// What a loader costs beside the work on pictures: 1,000 samples of one pixel, which is there already.
private func loading() {
  let pixel = Image(size: Size(1), format: .rgb)
  let data = InMemoryDataset((0..<1000).map { Sample(pictures: [.image(pixel)], label: $0) })
  for threads in [1, 2] {
    let loader = DataLoader(data, batchSize: 50, order: .shuffled(seed: 1), threads: threads)
    measure("loader: an epoch of 1,000 samples without work, \(threads) thread\(threads == 1 ? "" : "s")") {
      var count = 0
      for batch in loader.epoch(0).blocking { count += try batch.get().count }
      precondition(count == 1000)
    }
  }
}
