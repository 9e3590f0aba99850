import TestSupport
import Tessera
import TesseraVLM
import Testing

/// What the golden batch of two rows is: padded at the right, answers alone learned.
struct TrainingBatch {
  let model: LlavaModel
  let rows: [[Int]]
  let places: [Int]
  let labels: TorchTensor
  let pixels: TorchTensor

  init(_ item: Golden.Case) throws {
    let type = try TorchType(rawValue: item.string("dtype")) ?? .float32
    let path = try ParityTests.path(item.string("directory"))
    model = try LlavaModel(Checkpoint(path), type: type, writable: true)
    let (ids, length) = (try item.ints("ids"), try item.int("length"))
    rows = stride(from: 0, to: ids.count, by: length).map { Array(ids[$0..<$0 + length]) }
    let imageToken = model.config.imageToken
    places = ids.indices.filter { ids[$0] == imageToken }
    labels = TorchTensor(try item.ints("labels").map { Int64($0) }, shape: [rows.count, length])
    pixels = try ParityTests.tensor(item.string("pixels"))
    for (_, tensor) in model.parameters.all { tensor.requiresGrad = true }
  }

  /// The mean over the labels that are not −100, each predicted from the place before it.
  func loss(checkpointing: Bool = false) throws -> TorchTensor {
    let logits = try model.logits(rows, pixels: pixels, places: places, checkpointing: checkpointing)
    let length = logits.size(1)
    return logits.slice(1, 0..<length - 1).flatten(0, 1).crossEntropy(
      labels.slice(1, 1..<length).flatten())
  }

  var gradients: [String: TorchTensor] {
    Dictionary(
      uniqueKeysWithValues: model.parameters.all.compactMap { spec, tensor in
        tensor.grad.map { (spec.name, $0) }
      })
  }
}

@Suite("training is PyTorch's")
struct TrainingParityTests {
  @Test("ten AdamW steps' losses agree, padded at the right", arguments: ParityTests.cases("steps"))
  func steps(_ item: Golden.Case) throws {
    let batch = try TrainingBatch(item)
    let isDouble = batch.model.type == .float64
    #expect(batch.rows.count == 2 && batch.labels.array(of: Int.self).contains(-100))
    let optimizer = AdamW([
      AdamW.Group(
        batch.model.parameters.all.map(\.tensor), learningRate: try item.double("lr"),
        weightDecay: try item.double("decay"), beta1: try item.double("beta1"),
        beta2: try item.double("beta2"), epsilon: try item.double("eps"))
    ])
    let expected = try item.doubles("losses")
    #expect(expected.count == 10)
    for (step, wanted) in expected.enumerated() {
      optimizer.clearGradients()
      let loss = try batch.loss()
      loss.backward()
      optimizer.step()
      // AdamW's first steps divide by the gradient's own size, which carries rounding of float32 into the weights.
      let distance = abs(loss.item - wanted) / wanted
      #expect(distance < (isDouble ? 1e-11 : 2e-5), "step \(step): \(loss.item) instead of \(wanted)")
    }
    #expect(expected[9] < expected[0] / 2)
  }

  @Test("every parameter's gradient agrees, and the same have none", arguments: ParityTests.cases("steps"))
  func gradients(_ item: Golden.Case) throws {
    let batch = try TrainingBatch(item)
    try batch.loss().backward()
    let (type, got) = (try item.string("dtype"), batch.gradients)
    let cases = try ParityTests.cases("gradient").filter { try $0.string("dtype") == type }
    #expect(
      try Set(cases.map { try $0.string("parameter") }) == Set(batch.model.parameters.specs.map(\.name)))
    var none: [String] = []
    for wanted in cases {
      let name = try wanted.string("parameter")
      guard !wanted.has("absent") else {
        none.append(name)
        continue
      }
      let gradient = try #require(got[name], "\(name) has no gradient").to(.float64)
      let norm = try wanted.double("norm")
      let tolerance = type == "float64" ? 1e-11 : 2e-5
      #expect(abs(gradient.norm().item - norm) <= tolerance * max(norm, 1e-2), "\(name): norm")
      let sum = gradient.sum().item
      #expect(try abs(sum - wanted.double("sum")) <= 10 * tolerance * max(norm, 1e-2), "\(name): sum \(sum)")
    }
    // Layer −2 is asked for: the last layer of the tower and what comes after it learn nothing.
    #expect(Set(got.keys).isDisjoint(with: none))
    #expect(got.count + none.count == cases.count)
    #expect(
      none.allSatisfy { $0.contains("encoder.layers.2.") || $0.contains("post_layernorm") }
        && none.count == 18)
  }

  @Test("checkpointing gives every parameter the same gradient", arguments: ParityTests.cases("steps"))
  func checkpointed(_ item: Golden.Case) throws {
    let batch = try TrainingBatch(item)
    try batch.loss().backward()
    let plain = batch.gradients
    for (_, tensor) in batch.model.parameters.all { tensor.grad = nil }
    try batch.loss(checkpointing: true).backward()
    let again = batch.gradients
    #expect(Set(again.keys) == Set(plain.keys) && plain.count > 50)
    for (name, gradient) in plain { #expect(again[name]?.isEqual(to: gradient) == true, "\(name)") }
  }
}
