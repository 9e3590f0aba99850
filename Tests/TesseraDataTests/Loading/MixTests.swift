import TestSupport
import Tessera
import Testing

@Suite("MixUp and CutMix")
struct MixTests {
  static func batch(_ images: AnyTensor, labels: [Int]) throws -> Batch {
    let size = images.shape.dropFirst().reduce(1, *) * images.dataType.byteCount
    let samples = labels.enumerated().map { row, label -> Sample in
      let bytes = images.withUnsafeBytes { Array($0[row * size..<(row + 1) * size]) }
      let tensor = AnyTensor(
        shape: Array(images.shape.dropFirst()), dataType: images.dataType, copying: bytes[...])
      return Sample(.tensor(tensor), label: label, name: "\(row)")
    }
    return try DataLoader(ListedSamples(samples: samples), batchSize: labels.count)
      .batch(at: BatchPosition(epoch: 0, batch: 0))
  }

  static func typed(_ tensor: Tensor<Float>, _ type: String) throws -> AnyTensor {
    try ToDType(try #require(DataType(rawValue: type))).apply(to: .float32(tensor))
  }

  @Test("with equal numbers drawn, pixels and soft labels are torchvision's to the bit")
  func torchvision() throws {
    let golden = try Golden("mix")
    #expect(golden.cases.count > 35)
    for item in golden.cases {
      let name = try item.string("name")
      let dtype = try item.string("dtype")
      let images = try Self.typed(golden.floats("\(name).images"), dtype)
      var batch = try Self.batch(images, labels: item.ints("labels"))
      let lambda = try item.double("lambda")
      if try item.string("kind") == "mixup" {
        try MixUp(classCount: 7).apply(to: &batch, lambda: lambda)
      } else {
        let centre = try item.ints("centre")
        try CutMix(classCount: 7).apply(to: &batch, lambda: lambda, centre: (centre[0], centre[1]))
      }
      #expect(try batch.images == Self.typed(golden.floats("\(name).out"), dtype), "\(item)")
      let soft = try #require(batch.softLabels)
      let expected = try golden.floats("\(name).soft")
      if dtype == "float32" {
        #expect(soft == expected, "\(item)")
      } else {
        // torchvision mixes labels in the pictures' type; ours stay float32.
        for (a, b) in zip(soft.elements, expected.elements) { #expect(abs(a - b) < 0.01) }
      }
    }
  }

  @Test("CutMix over channels last pastes the same pixels")
  func channelsLast() throws {
    let images = AnyTensor.uint8(
      Tensor(shape: [3, 3, 5, 6], (0..<270).map { UInt8(truncatingIfNeeded: $0 &* 37) }))
    var first = try Self.batch(images, labels: [0, 1, 2])
    var last = first
    last.images = images.channelsLastForTests
    last.isChannelsLast = true
    try CutMix(classCount: 3).apply(to: &first, lambda: 0.4, centre: (2, 2))
    try CutMix(classCount: 3).apply(to: &last, lambda: 0.4, centre: (2, 2))
    #expect(last.images == first.images.channelsLastForTests)
    #expect(first.images != images)
  }

  @Test("mixing is seeded by the position: the same batch again, another in the next, soft labels sum to 1")
  func seeded() throws {
    let folder = try LoaderFixtures.pictures(count: 30)
    func loader(_ threads: Int) throws -> DataLoader {
      DataLoader(
        try LoaderFixtures.dataset(folder, "random_resized_crop(8)|to_tensor"), batchSize: 6,
        order: .shuffled(seed: 1), threads: threads,
        transforms: [RandomBatchChoice([MixUp(alpha: 0.2, classCount: 3), CutMix(classCount: 3)])])
    }
    let digests = try [1, 3].map { try LoaderFixtures.digests(loader($0).epoch(0)) }
    #expect(digests[0] == digests[1] && Set(digests[0]).count == 5)
    for batch in try loader(2).epoch(0).blocking {
      let soft = try #require(try batch.get().softLabels)
      for row in 0..<soft.shape[0] {
        #expect(abs((0..<3).reduce(Float(0)) { $0 + soft[row, $1] } - 1) < 1e-6)
      }
    }
  }

  @Test(
    "lambda follows Beta(alpha, alpha): mean one half, variance 1 / (4 (2 alpha + 1))",
    arguments: [0.2, 1, 4])
  func beta(_ alpha: Double) {
    var (sum, squares) = (0.0, 0.0)
    let n = 20_000
    for sample in 0..<n {
      var random = RandomStream(seed: 5, sample: UInt64(sample))
      let lambda = random.beta(alpha)
      sum += lambda
      squares += lambda * lambda
    }
    let (mean, variance) = (sum / Double(n), 1 / (4 * (2 * alpha + 1)))
    #expect(abs(mean - 0.5) < 5 * (variance / Double(n)).squareRoot())
    #expect(abs(squares / Double(n) - mean * mean - variance) < 0.03 * variance)
  }

  @Test("pictures of bytes, several a row, or without labels are errors that say so")
  func refusals() throws {
    let bytes = AnyTensor.uint8(Tensor(shape: [2, 3, 4, 4]))
    var batch = try Self.batch(bytes, labels: [0, 1])
    #expect(throws: TesseraError.self) { try MixUp(classCount: 2).apply(to: &batch, lambda: 0.5) }
    var foreign = try Self.batch(try Self.typed(Tensor(shape: [2, 3, 4, 4]), "float32"), labels: [0, 9])
    let error = #expect(throws: TesseraError.self) {
      try MixUp(classCount: 2).apply(to: &foreign, lambda: 0.5)
    }
    #expect(error?.path == "1" && error?.index == 1)
  }
}

extension AnyTensor {
  /// `[B, C, H, W]` → `[B, H, W, C]`, by the definition.
  fileprivate var channelsLastForTests: AnyTensor {
    guard case .uint8(let t) = self else { return self }
    let s = t.shape
    var turned = Tensor<UInt8>(shape: [s[0], s[2], s[3], s[1]])
    for b in 0..<s[0] {
      for c in 0..<s[1] {
        for y in 0..<s[2] { for x in 0..<s[3] { turned[b, y, x, c] = t[b, c, y, x] } }
      }
    }
    return .uint8(turned)
  }
}
