import TestSupport
import Tessera
import TesseraCore
import TesseraText
import TesseraVLM
import Testing

/// Samples of a tiny model: texts of different lengths, with a picture, with two, with none.
struct TinySamples {
  let model: LlavaModel
  let samples: [TokenizedSample]
  let pixels: [TorchTensor]

  init(_ name: String = "siglip-llama-tied-full", type: TorchType, count: Int = 6) throws {
    model = try LlavaModel(Checkpoint(ParityTests.path(name)), type: type, writable: true)
    let config = model.config
    var random = RandomStream(seed: 5)
    var (samples, pixels): ([TokenizedSample], [TorchTensor]) = ([], [])
    let kinds = [(1, 9), (0, 14), (2, 6), (1, 3), (0, 5), (1, 12)]
    for (pictures, length) in (0..<count).map({ kinds[$0 % kinds.count] }) {
      var sample = TokenizedSample(ids: [], isLearned: [], imageSpans: [])
      for picture in 0..<pictures {
        sample.imageSpans.append(
          .init(image: picture, range: sample.ids.count..<sample.ids.count + config.imageTokens))
        sample.ids += Array(repeating: config.imageToken, count: config.imageTokens)
        sample.isLearned += Array(repeating: false, count: config.imageTokens)
        let side = config.vision.imageSize
        let values = (0..<3 * side * side).map { _ in Float(random.normal()) }
        pixels.append(TorchTensor(values, shape: [3, side, side]))
      }
      for place in 0..<length {
        sample.ids.append(random.integer(in: 5...40))
        sample.isLearned.append(place > 1)
      }
      samples.append(sample)
    }
    (self.samples, self.pixels) = (samples, pixels)
    for (_, tensor) in model.parameters.all { tensor.requiresGrad = true }
  }

  /// The batch of some samples.
  func batch(_ range: Range<Int>, capacity: Int? = nil) -> TokenBatch {
    let counts = samples.map(\.imageSpans.count)
    let first = counts[..<range.lowerBound].reduce(0, +)
    let number = counts[range].reduce(0, +)
    let pictures = number == 0 ? [] : [TorchTensor.stack(Array(pixels[first..<first + number]))]
    return TokenBatch(Array(samples[range]), pixels: pictures, padToken: 0, capacity: capacity)
  }

  /// The loss per learned token over batches, and every parameter's gradient.
  func gradients(_ batches: [TokenBatch]) throws -> (loss: Double, gradients: [TorchTensor]) {
    let units = Double(batches.reduce(0) { $0 + $1.targets.count })
    for (_, tensor) in model.parameters.all { tensor.grad = nil }
    var sum = 0.0
    for batch in batches where !batch.targets.isEmpty {
      let loss = try model.loss(batch)
      sum += loss.item
      (loss / units).backward()
    }
    return (sum / units, model.parameters.all.map { $0.tensor.grad ?? $0.tensor.zerosLike() })
  }

  /// ‖a − b‖ / ‖b‖ over all parameters together.
  static func distance(_ a: [TorchTensor], _ b: [TorchTensor]) -> Double {
    let difference = zip(a, b).reduce(0.0) {
      $0 + ($1.0.to(.float64) - $1.1.to(.float64)).square().sum().item
    }
    return (difference / b.reduce(0.0) { $0 + $1.to(.float64).square().sum().item }).squareRoot()
  }
}

@Suite("a step is the same however it is cut and packed")
struct TokenBatchTests {
  @Test(
    "one batch of 32 and 32 of one have the same loss and gradients",
    arguments: [TorchType.float64, .float32])
  func accumulation(_ type: TorchType) throws {
    let tiny = try TinySamples(type: type, count: 32)
    let whole = try tiny.gradients([tiny.batch(0..<32)])
    let parts = try tiny.gradients((0..<32).map { tiny.batch($0..<$0 + 1) })
    let uneven = try tiny.gradients([tiny.batch(0..<1), tiny.batch(1..<13), tiny.batch(13..<32)])
    for other in [parts, uneven] {
      #expect(abs(other.loss - whole.loss) < (type == .float64 ? 1e-10 : 1e-5))
      #expect(
        TinySamples.distance(other.gradients, whole.gradients) < (type == .float64 ? 1e-10 : 1e-5))
    }
    // The mean of means is another number: the test would see it.
    let means = try (0..<32).map { try tiny.gradients([tiny.batch($0..<$0 + 1)]).loss }
    #expect(abs(means.reduce(0, +) / 32 - whole.loss) > 1e-3)
  }

  @Test(
    "samples packed into one text have the loss and gradients of texts of their own",
    arguments: [TorchType.float64, .float32], ["siglip-llama-tied-full", "clip-qwen2-untied-default"])
  func packing(_ type: TorchType, _ name: String) throws {
    let tiny = try TinySamples(name, type: type)
    let plain = try tiny.gradients([tiny.batch(0..<6)])
    let longest = tiny.samples.map(\.ids.count).max() ?? 0
    for capacity in [longest, longest + 20, 400] {
      let batch = tiny.batch(0..<6, capacity: capacity)
      #expect(batch.ids.count < 6 && batch.packing != nil)
      let packed = try tiny.gradients([batch])
      #expect(abs(packed.loss - plain.loss) < (type == .float64 ? 1e-10 : 1e-5))
      #expect(TinySamples.distance(packed.gradients, plain.gradients) < (type == .float64 ? 1e-10 : 1e-5))
    }
    // Without the mask of blocks the samples see each other, and the test sees that.
    var open = tiny.batch(0..<6, capacity: 400)
    open.packing = nil
    #expect(try abs(tiny.gradients([open]).loss - plain.loss) > 1e-3)
  }

  /// Each sample's prompt with several answers: others, a longer one, one that is the beginning of another, one twice.
  private func answers(_ tiny: TinySamples) -> (
    samples: [TokenizedSample], groups: [Range<Int>], shared: TokenBatch.SharedPictures
  ) {
    var (samples, groups, first): ([TokenizedSample], [Range<Int>], [Int]) = ([], [], [])
    var pictures = 0
    for (number, sample) in tiny.samples.enumerated() {
      let start = samples.count
      for ending in [[], [7], [7, 9, 11], [8], [8]].prefix(number == 3 ? 1 : 5) {
        var one = sample
        one.ids += ending
        one.isLearned += ending.map { _ in true }
        samples.append(one)
        first.append(pictures)
      }
      groups.append(start..<samples.count)
      pictures += sample.imageSpans.count
    }
    let tokens = tiny.model.config.imageTokens
    return (samples, groups, .init(first: first, counts: Array(repeating: tokens, count: pictures)))
  }

  @Test(
    "answers behind one prompt have the loss, the gradients and the last states of texts of their own",
    arguments: [TorchType.float64, .float32],
    ["siglip-llama-tied-full", "clip-qwen2-untied-default", "siglip-qwen2-tied-full"])
  func branching(_ type: TorchType, _ name: String) throws {
    let tiny = try TinySamples(name, type: type)
    let (samples, groups, shared) = answers(tiny)
    let pixels = [TorchTensor.stack(tiny.pixels)]
    let plain = TokenBatch(samples, pixels: pixels, padToken: 0, shared: shared)
    let branched = TokenBatch(samples, pixels: pixels, padToken: 0, shared: shared, branching: groups)
    #expect(branched.ids.count == 6 && branched.tokens < plain.tokens / 2)
    #expect(branched.targets == plain.targets && branched.imagePlaces.count * 4 < plain.imagePlaces.count)
    let (a, b) = (try tiny.gradients([branched]), try tiny.gradients([plain]))
    let limit = type == .float64 ? 1e-10 : 1e-5
    #expect(abs(a.loss - b.loss) < limit && TinySamples.distance(a.gradients, b.gradients) < limit)
    let reward = RewardModel(tiny.model, seed: 4)
    let scores = (
      try reward.scores(branched, places: branched.ends), try reward.scores(plain, places: plain.ends)
    )
    #expect(zip(scores.0, scores.1).allSatisfy { abs($0 - $1) < limit } && Set(scores.1).count > 20)
    // Without the mask of branches the answers see each other, and the test sees that.
    var open = branched
    open.packing = nil
    #expect(try abs(tiny.gradients([open]).loss - b.loss) > 1e-3)
  }

  @Test("logits at the predicting places are those of the whole text", arguments: [false, true])
  func selected(_ checkpointing: Bool) throws {
    let tiny = try TinySamples(type: .float64)
    let batch = tiny.batch(0..<6)
    let some = try tiny.model.logits(batch, checkpointing: checkpointing)
    let all = try tiny.model.logits(
      batch.ids, pixels: batch.pixels[0], places: batch.imagePlaces)
    let flat = all.reshape(-1, all.size(2))
    let places = TorchTensor(batch.predicting.map { Int64($0) }, shape: [batch.predicting.count])
    expectClose(some, flat.indexSelect(0, places), within: 1e-12)
    #expect(batch.targets.count == tiny.samples.reduce(0) { $0 + $1.learnedCount })
  }

  @Test("every picture's pixels move the loss, and only its own sample's")
  func pixels() throws {
    let tiny = try TinySamples(type: .float64)
    let batch = tiny.batch(0..<6, capacity: 400)
    let pixels = batch.pixels.map { $0.to(.float64).clone().requiringGrad() }
    let loss = try tiny.model.loss(batch, pixels: pixels)
    let gradient = try #require(TorchTensor.gradients(of: [loss], by: pixels)[0])
    for picture in 0..<gradient.size(0) { #expect(gradient[picture].norm().item > 1e-9) }
  }

  @Test("text alone never touches the tower: it gets no gradient")
  func textAlone() throws {
    let tiny = try TinySamples(type: .float32)
    for (_, tensor) in tiny.model.parameters.all { tensor.grad = nil }
    let batch = tiny.batch(1..<2)
    #expect(batch.pixels.isEmpty)
    try tiny.model.loss(batch).backward()
    for (spec, tensor) in tiny.model.parameters.all {
      #expect((tensor.grad == nil) == (spec.part == .vision || spec.part == .projector), "\(spec.name)")
    }
  }
}
