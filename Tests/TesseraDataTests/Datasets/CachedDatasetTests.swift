import Foundation
import TestSupport
import Tessera
import TesseraData
import Testing

@Suite("cached datasets")
struct CachedDatasetTests {
  /// What a loader makes of a sample: each picture through the recipe.
  static func outputs(_ sample: Sample, _ random: RandomStream) throws -> [PipelineOutput] {
    let recipe = try sample.recipe ?? Recipe(Pipeline(steps: []))
    return try sample.pictures.map { picture in
      if case .image(let image, _) = picture {
        let info = PictureInfo(
          size: image.size, format: image.format, boxes: sample.annotations.boxes,
          generation: recipe.generation)
        let draw = try recipe.pipeline.draw(for: info, using: random, firstStep: recipe.firstStep)
        return try Plan(draw, policy: recipe.policy).execute(on: image, annotations: sample.annotations)
      }
      guard let bytes = try picture.encodedBytes() else {
        throw TesseraError(.invalidInput(operation: "test", expected: "a picture", got: "\(picture)"))
      }
      let decoded = ImageDecoder().info(
        for: try ImageHeader(bytes: bytes, policy: recipe.policy), policy: recipe.policy)
      let info = PictureInfo(
        size: decoded.size, format: decoded.format, boxes: sample.annotations.boxes,
        generation: recipe.generation)
      let draw = try recipe.pipeline.draw(for: info, using: random, firstStep: recipe.firstStep)
      return try bytes.withUnsafeBytes {
        try Plan(draw, policy: recipe.policy).execute(decoding: $0, annotations: sample.annotations)
      }
    }
  }

  static func pictures(_ count: Int, annotated: Bool = false) throws -> [Sample] {
    try (0..<count).map { number in
      let size = Size(width: 20 + number * 7, height: 41 - number * 3)
      let image = Pictures.ramps(size, number % 3 == 0 ? .gray : .rgb, seed: UInt64(number))
      let bytes = try number % 2 == 0 ? JPEGEncoder().encode(image) : PNGEncoder().encode(image)
      var sample = Sample(.bytes(bytes, name: "\(number)"), label: number)
      if annotated {
        sample.annotations = Annotations(
          masks: [Pictures.noise(size, .gray, seed: 9)],
          boxes: [BoundingBox(left: 2, top: 3, right: 11, bottom: 12, label: 1)],
          keypoints: [Point(x: 5, y: 6)])
      }
      return sample
    }
  }

  static let steps = [
    "resize(16)", "center_crop(11)", "horizontal_flip", "random_horizontal_flip", "random_resized_crop(9)",
    "grayscale",
    "pad(2, padding_mode: edge)", "random_rotation(20)", "color_jitter(brightness: 0.3, hue: 0.1)",
    "autocontrast",
    "resampling(pillow@11)", "letterbox(14)", "gaussian_blur(3, sigma: 0.5...1.5)", "five_crop(7)",
    "vertical_flip",
    "random_apply([invert], probability: 0.5)", "posterize(3)", "gaussian_noise(sigma: 0.1)",
    "resize([9, 17])",
    "clamp_bounding_boxes", "convert_to_rgb",
  ]
  static let endings = [
    "", "to_tensor", "to_tensor|normalize(half)|random_erasing(probability: 1)", "pil_to_tensor",
  ]

  @Test(
    "outputs are those without the cache, for random pipelines, in memory and on the disk, twice",
    arguments: [false, true])
  func same(_ annotated: Bool) throws {
    let folder = try TemporaryFolder()
    let samples = InMemoryDataset(try Self.pictures(5, annotated: annotated))
    var random = RandomStream(seed: annotated ? 4 : 3)
    var (compared, hits) = (0, 0)
    for trial in 0..<150 {
      var steps = (0..<random.integer(in: 0...4)).map { _ in
        Self.steps[random.integer(in: 0...Self.steps.count - 1)]
      }
      let ending = Self.endings[random.integer(in: 0...3)]
      if !ending.isEmpty { steps.append(ending) }
      let pipeline = try steps.isEmpty ? Pipeline(steps: []) : Pipeline(text: steps.joined(separator: "|"))
      let plain = samples.map(
        pipeline, policy: trial % 2 == 0 ? .tessera : .pillow,
        generation: trial % 3 == 0 ? .pillow11 : .newest)
      let stores: [CachedDataset.Store] = [.memory(limit: 1 << 20), .memory(limit: 2000), .disk(folder.path)]
      for cached in try stores.map({ try plain.cached($0) }) {
        for pass in 0..<2 {
          for index in 0..<samples.count {
            let stream = RandomStream(seed: UInt64(trial), epoch: UInt64(pass), sample: UInt64(index))
            let sample = try cached.sample(at: index)
            // A pipeline that cannot take a picture fails the same with a cache.
            guard let expected = try? Self.outputs(plain.sample(at: index), stream) else {
              #expect(throws: TesseraError.self) { try Self.outputs(sample, stream) }
              continue
            }
            #expect(
              try Self.outputs(sample, stream) == expected, "\(pipeline.text), sample \(index), pass \(pass)")
            compared += 1
            if case .image? = sample.pictures.first { hits += 1 }
          }
        }
      }
    }
    #expect(compared > 3000 && hits > compared / 2, "\(hits) of \(compared)")
  }

  @Test("the prefix is what is cached: steps up to the first random one, not the conversion")
  func prefix() throws {
    let mapped = InMemoryDataset(try Self.pictures(1)).map {
      Resize(Size(width: 9, height: 8))
      RandomHorizontalFlip()
      ToTensor()
    }
    let sample = try mapped.cached(.memory(limit: 1 << 20)).sample(at: 0)
    guard case .image(let image, "0")? = sample.pictures.first else {
      Issue.record("got \(sample.pictures)")
      return
    }
    #expect(image.size == Size(width: 9, height: 8))
    #expect(
      sample.recipe?.firstStep == 1 && sample.recipe?.pipeline.text == "random_horizontal_flip|to_tensor")
  }

  @Test("memory counts its pixels exactly, and when it is full nothing comes in or goes out")
  func memoryLimit() throws {
    let samples = (0..<4).map { Sample(.image(Pictures.noise(Size(width: 10, height: 10), .rgb, seed: $0))) }
    let cached = try InMemoryDataset(samples).cached(.memory(limit: 700))
    for _ in 0..<2 { for index in 0..<4 { _ = try cached.sample(at: index) } }
    #expect(cached.report.byteCount == 600 && cached.report.cached == 2 && !cached.report.isFilling)
    let roomy = try InMemoryDataset(samples).cached(.memory(limit: 1200))
    for index in 0..<4 { _ = try roomy.sample(at: index) }
    #expect(roomy.report.byteCount == 1200 && roomy.report.isComplete)
  }

  /// A dataset that counts how often each picture is fetched.
  struct Counting: Dataset {
    let pictures: [[UInt8]]
    let fetched: Guarded<[Int]>
    var count: Int { pictures.count }

    init(_ count: Int) throws {
      pictures = try (0..<count).map {
        try PNGEncoder().encode(Pictures.noise(Size(width: 40, height: 30 + $0), .rgb, seed: UInt64($0)))
      }
      fetched = Guarded(Array(repeating: 0, count: count))
    }

    func sample(at index: Int) -> Sample {
      Sample(
        .deferred(name: "\(index)") {
          self.fetched.withLock { $0[index] += 1 }
          return self.pictures[index]
        })
    }
  }

  @Test("threads that ask for one sample at once decode it once", arguments: [false, true])
  func threads(_ onDisk: Bool) async throws {
    let folder = try TemporaryFolder()
    let counting = try Counting(12)
    let cached = try counting.cached(onDisk ? .disk(folder.path) : .memory(limit: .max))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for worker in 0..<8 {
        group.addTask {
          for step in 0..<120 { _ = try cached.sample(at: (step * 5 + worker / 2) % 12) }
        }
      }
      try await group.waitForAll()
    }
    #expect(counting.fetched.withLock { $0 } == Array(repeating: 1, count: 12))
    #expect(cached.report.isComplete)
  }

  @Test("the next run maps what the last one made, and fetches nothing")
  func nextRun() throws {
    let folder = try TemporaryFolder()
    let first = try Counting(6)
    let filled = try first.cached(.disk(folder.path))
    let expected = try (0..<6).map { try filled.sample(at: $0).pictures.map { try Self.image($0) } }
    #expect(filled.report.isComplete && !filled.report.isFilling && filled.report.fault == nil)
    let second = try Counting(6)
    let again = try second.cached(.disk(folder.path))
    #expect(again.report.isComplete)
    #expect(try (0..<6).map { try again.sample(at: $0).pictures.map { try Self.image($0) } } == expected)
    #expect(second.fetched.withLock { $0 } == [0, 0, 0, 0, 0, 0])
    #expect(try TemporaryFolder.contents(folder.path).count == 2)
  }

  static func image(_ source: PictureSource) throws -> Image {
    guard case .image(let image, _) = source else {
      throw TesseraError(.invalidInput(operation: "test", expected: "an image", got: "\(source)"))
    }
    return image
  }

  @Test("a file cut anywhere gives what is whole and takes in the rest; no output changes")
  func torn() throws {
    let folder = try TemporaryFolder()
    let counting = try Counting(4)
    let plain = try (0..<4).map { try ImageDecoder().decode(counting.pictures[$0]) }
    do {
      let filled = try counting.cached(.disk(folder.path))
      for index in 0..<4 { _ = try filled.sample(at: index) }
    }
    let files = try TemporaryFolder.contents(folder.path)
    let name = try #require(files.keys.first { $0.hasSuffix(".tessera-cache") })
    let whole = [UInt8](try #require(files[name]))
    for cut in stride(from: 0, through: whole.count, by: 1009) {
      // With the old index beside it, and without.
      if cut % 2 == 0 { try? FileManager.default.removeItem(atPath: "\(folder.path)/\(name).index") }
      try folder.write(Array(whole[..<cut]), name)
      let cached = try Counting(4).cached(.disk(folder.path))
      for index in 0..<4 {
        #expect(try Self.image(cached.sample(at: index).pictures[0]) == plain[index], "\(cut)")
      }
      #expect(cached.report.isComplete && cached.report.fault == nil)
    }
  }

  @Test("a record that was changed on the disk is noticed, decoded anew, and repaired by the next run")
  func damaged() throws {
    let folder = try TemporaryFolder()
    let counting = try Counting(4)
    let plain = try (0..<4).map { try ImageDecoder().decode(counting.pictures[$0]) }
    do {
      let filled = try counting.cached(.disk(folder.path))
      for index in 0..<4 { _ = try filled.sample(at: index) }
    }
    let files = try TemporaryFolder.contents(folder.path)
    let name = try #require(files.keys.first { $0.hasSuffix(".tessera-cache") })
    var bytes = [UInt8](try #require(files[name]))
    bytes[bytes.count / 2] ^= 1
    try folder.write(bytes, name)
    do {
      let cached = try Counting(4).cached(.disk(folder.path))
      for index in 0..<4 {
        let sample = try cached.sample(at: index)
        if case .image(let image, _) = sample.pictures[0] { #expect(image == plain[index]) }
      }
      #expect(cached.report.damaged == 1 && cached.report.cached == 3)
    }
    let repaired = try Counting(4).cached(.disk(folder.path))
    for index in 0..<4 { #expect(try Self.image(repaired.sample(at: index).pictures[0]) == plain[index]) }
    #expect(repaired.report.isComplete)
  }

  @Test("a disk that fills up ends the filling with a report, and not the run; the next run goes on")
  func fullDisk() throws {
    let folder = try TemporaryFolder()
    let counting = try Counting(6)
    let plain = try (0..<6).map { try ImageDecoder().decode(counting.pictures[$0]) }
    do {
      let full = try CachedDataset(counting, folder: folder.path) { file, bytes, offset, path in
        guard offset + bytes.count < 12000 else {
          // Half of the record arrives.
          pwrite(file, bytes.baseAddress, bytes.count / 2, off_t(offset))
          throw TesseraError(
            .io(operation: "write", code: ENOSPC, message: "No space left on device"), path: path)
        }
        pwrite(file, bytes.baseAddress, bytes.count, off_t(offset))
      }
      for _ in 0..<2 {
        for index in 0..<6 {
          let sample = try full.sample(at: index)
          #expect(try Self.outputs(sample, RandomStream(seed: 0))[0].value == .image(plain[index]))
        }
      }
      #expect(full.report.cached == 3 && !full.report.isFilling)
      guard case .io(_, ENOSPC, _)? = full.report.fault?.reason else {
        Issue.record("got \(full.report)")
        return
      }
    }
    let next = try counting.cached(.disk(folder.path))
    #expect(next.report.cached == 3)
    for index in 0..<6 { #expect(try Self.image(next.sample(at: index).pictures[0]) == plain[index]) }
    #expect(next.report.isComplete)
    let small = try counting.cached(.disk(folder.path + "/small", limit: 9000))
    for index in 0..<6 { _ = try small.sample(at: index) }
    #expect(small.report.byteCount <= 9000 && small.report.cached == 2 && small.report.fault == nil)
  }

  @Test("a file that another process fills is left alone, and said so")
  func locked() throws {
    let folder = try TemporaryFolder()
    let first = try Counting(3).cached(.disk(folder.path))
    let second = try Counting(3).cached(.disk(folder.path))
    #expect(second.report.fault?.description.contains("another process") == true)
    for index in 0..<3 {
      _ = try second.sample(at: index)
      _ = try first.sample(at: index)
    }
    #expect(second.report.cached == 0 && first.report.isComplete)
  }

  @Test("the file is named by the data and the steps before the first random one, and by nothing behind")
  func names() throws {
    let folder = try TemporaryFolder()
    let data = InMemoryDataset(try Self.pictures(2))
    func files(_ dataset: some Dataset, _ make: () throws -> CachedDataset) throws -> Int {
      _ = try make().sample(at: 0)
      return try TemporaryFolder.contents(folder.path).keys.count { $0.hasSuffix(".tessera-cache") }
    }
    func count(_ text: String, _ policy: DecodePolicy, _ data: InMemoryDataset) throws -> Int {
      let mapped = data.map(try Pipeline(text: text), policy: policy)
      return try files(mapped) { try mapped.cached(.disk(folder.path)) }
    }
    #expect(try count("resize(9)|random_horizontal_flip|to_tensor", .tessera, data) == 1)
    #expect(try count("resize(9)|random_vertical_flip|to_tensor|normalize(half)", .tessera, data) == 1)
    #expect(try count("resize(8)|random_horizontal_flip|to_tensor", .tessera, data) == 2)
    #expect(try count("resize(9)|random_horizontal_flip|to_tensor", .pillow, data) == 3)
    #expect(try count("resize(9)|to_tensor", .tessera, InMemoryDataset(try Self.pictures(3))) == 4)
  }

  @Test(
    "pictures that cannot be decoded fail where they would without a cache, and do not keep it from being complete"
  )
  func unreadable() throws {
    let folder = try TemporaryFolder()
    var samples = try Self.pictures(3)
    samples[1] = Sample(.bytes([1, 2, 3], name: "bad"))
    samples.append(Sample(name: "text", text: "no picture"))
    samples.append(Sample(.tensor(.uint8(Tensor(shape: [1, 2, 2])))))
    let cached = try InMemoryDataset(samples).cached(.disk(folder.path))
    for index in 0..<samples.count { _ = try cached.sample(at: index) }
    #expect(cached.report.isComplete)
    let error = #expect(throws: TesseraError.self) {
      try Self.outputs(cached.sample(at: 1), RandomStream(seed: 0))
    }
    guard case .unknownFormat = error?.reason else {
      Issue.record("got \(String(describing: error))")
      return
    }
    let missing = try InMemoryDataset([Sample(.file(folder.path + "/gone.png"))]).cached(.memory(limit: .max))
    #expect(throws: TesseraError.self) { try Self.outputs(missing.sample(at: 0), RandomStream(seed: 0)) }
    #expect(missing.report.cached == 0)
  }

  @Test("labels, classes and the fingerprint are the base's")
  func transparent() throws {
    let base = InMemoryDataset(try Self.pictures(2), classes: ["a", "b"])
    let cached = try base.cached(.memory(limit: .max))
    #expect(try cached.fingerprint() == base.fingerprint() && cached.classes == base.classes)
    #expect(try cached.label(at: 1) == 1 && cached.sample(at: 1).label == 1)
  }
}
