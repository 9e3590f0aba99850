import TestSupport
import Tessera
import TesseraVLM
import Testing

@Suite("an adapter learns, and nothing else does")
struct LoRAGradientTests {
  /// A tiny model in float64 with an adapter on every kind of layer, and a saved projector where it is wanted.
  static func model(saved: Bool = false, type: TorchType = .float64) throws -> LlavaModel {
    let config = LlavaConfig(
      vision: ModelGradientTests.tower(.siglip), text: ModelGradientTests.text(.qwen2), imageToken: 3)
    let parameters = ModelGradientTests.parameters(ExpectedParameters.llava(config)).map { $1.to(type) }
    let model = LlavaModel(config, parameters)
    var lora = LoRAConfig()
    (lora.rank, lora.alpha, lora.usesRootScaling) = (3, 5, true)
    lora.targets = .parts(saved ? [.language, .vision] : [.language, .vision, .projector, .head])
    lora.modulesToSave = saved ? ["multi_modal_projector"] : []
    let adapter = try LoRAAdapter(lora, for: model)
    // B as it begins, 0, would hide A's gradient.
    for (index, layer) in adapter.layers.enumerated() {
      layer.b.copy(from: ModelGradientTests.wave(layer.b.shape, index) * 0.3)
    }
    return model.adapted(by: adapter)
  }

  static func logits(_ model: LlavaModel, _ pixels: TorchTensor, checkpointing: Bool = false) throws
    -> TorchTensor
  {
    let count = model.config.imageTokens
    let ids = [1] + Array(repeating: 3, count: count) + [6, 2, 9]
    return try model.logits(
      [ids], pixels: pixels, places: Array(1...count), checkpointing: checkpointing)
  }

  @Test(
    "the gradients by A, B, saved modules and pixels are those of finite differences",
    arguments: [false, true])
  func differences(_ saved: Bool) throws {
    let model = try Self.model(saved: saved)
    let adapter = try #require(model.adapter)
    let pixels = ModelGradientTests.wave([1, 2, 8, 8])
    // Of the tower only the first of two layers passes on what it does (layer −2), and only it has an adapter.
    #expect(Set(adapter.layers.map(\.part)).count == (saved ? 2 : 4))
    #expect(!adapter.layers.contains { $0.name.contains("encoder.layers.1.") })
    _ = try Self.logits(model, pixels)
    expectGradients(
      of: { (try? Self.logits(model, pixels)) ?? TorchTensor.zeros([1], type: .float64) },
      at: adapter.all.map(\.tensor) + [pixels], samples: 4)
  }

  @Test("a new adapter changes nothing at all, and A is Kaiming-uniform by the seed")
  func fresh() throws {
    let model = try LoRAFixtures.model("siglip-llama-untied-default")
    let ids = [[1, 9, 20, 33, 47, 12]]
    var config = LoRAConfig()
    config.targets = .parts([.language, .projector, .vision])
    config.rank = 16
    let adapter = try LoRAAdapter(config, for: model, seed: 5)
    let (before, after) = try noGrad { (try model.logits(ids), try model.adapted(by: adapter).logits(ids)) }
    #expect(before.isEqual(to: after))
    for layer in adapter.layers {
      let bound = 1 / Double(layer.a.size(1)).squareRoot()
      let values = layer.a.array(of: Double.self)
      #expect(values.allSatisfy { abs($0) <= bound } && values.contains { abs($0) > 0.9 * bound })
      // A uniform distribution's variance is bound²/3.
      let variance = values.reduce(0) { $0 + $1 * $1 } / Double(values.count)
      #expect(abs(variance / (bound * bound / 3) - 1) < 0.3, "\(layer.name)")
      #expect(layer.b.array(of: Double.self).allSatisfy { $0 == 0 })
    }
    let same = try LoRAAdapter(config, for: model, seed: 5)
    let other = try LoRAAdapter(config, for: model, seed: 6)
    for (index, (_, tensor)) in adapter.all.enumerated() where adapter.all[index].spec.name.contains("lora_A")
    {
      #expect(tensor.isEqual(to: same.all[index].tensor) && !tensor.isEqual(to: other.all[index].tensor))
    }
    // A layer's numbers do not depend on which others have adapters.
    config.targets = .names(["v_proj"])
    let fewer = try LoRAAdapter(config, for: model, seed: 5)
    #expect(!fewer.layers.isEmpty)
    for layer in fewer.layers {
      guard let wider = adapter[layer.name] else { continue }
      #expect(layer.a.isEqual(to: wider.a), "\(layer.name)")
    }
  }

  /// The adapter's gradients of a loss.
  static func gradients(_ model: LlavaModel, _ body: () throws -> TorchTensor) throws -> [String: TorchTensor]
  {
    let trainable = try #require(try model.adapter?.trainable())
    for (_, tensor) in trainable { tensor.grad = nil }
    let loss = try body().to(.float32)
    (loss * loss).sum().backward()
    return Dictionary(
      uniqueKeysWithValues: trainable.compactMap { spec, tensor in tensor.grad.map { (spec.name, $0) } })
  }

  @Test("checkpointing gives every A and B the same gradient, though no input of a layer has one")
  func checkpointed() throws {
    let model = try Self.model(type: .float32)
    let pixels = ModelGradientTests.wave([1, 2, 8, 8]).to(.float32)
    let plain = try Self.gradients(model) { try Self.logits(model, pixels) }
    let again = try Self.gradients(model) { try Self.logits(model, pixels, checkpointing: true) }
    let count = try #require(model.adapter).all.count
    #expect(plain.count == count && again.count == count)
    for (name, gradient) in plain {
      #expect(again[name]?.isEqual(to: gradient) == true && gradient.norm().item > 0, "\(name)")
    }
    // Text alone: nothing below the decoder has a gradient, its first layer's input has none.
    var config = LoRAConfig()
    config.targets = .parts([.language])
    let bare = LlavaModel(
      model.config, ModelGradientTests.parameters(model.parameters.specs).map { $1.to(.float32) })
    let text = bare.adapted(by: try LoRAAdapter(config, for: bare))
    let (a, b) = (
      try Self.gradients(text) { try text.logits([[1, 5, 2, 7]]) },
      try Self.gradients(text) { try text.logits([[1, 5, 2, 7]], checkpointing: true) }
    )
    #expect(a.count == text.adapter?.all.count && b.count == a.count)
    for (name, gradient) in a { #expect(b[name]?.isEqual(to: gradient) == true, "\(name)") }
    #expect(a.filter { $0.key.contains("lora_B") }.allSatisfy { $0.value.norm().item > 0 })
  }

  @Test("under autocast, checkpointed or not, gradients are near those of float32")
  func autocasted() throws {
    let model = try Self.model(type: .float32)
    let pixels = ModelGradientTests.wave([1, 2, 8, 8]).to(.float32)
    let wanted = try Self.gradients(model) { try Self.logits(model, pixels) }
    for checkpointing in [false, true] {
      let got = try Self.gradients(model) {
        try autocast(.cpu) {
          let logits = try Self.logits(model, pixels, checkpointing: checkpointing)
          #expect(logits.type == .bfloat16)
          return logits
        }
      }
      #expect(got.count == wanted.count)
      let (a, b) = (
        TorchTensor.cat(got.sorted { $0.key < $1.key }.map { $0.value.flatten() }, axis: 0),
        TorchTensor.cat(wanted.sorted { $0.key < $1.key }.map { $0.value.flatten() }, axis: 0)
      )
      // bfloat16 has 8 bits: two to three figures.
      #expect(((a - b).norm().item / b.norm().item) < 0.05 && a.type == .float32)
    }
  }

  @Test("steps of AdamW lower the loss, and leave the mapped weights as they are")
  func steps() throws {
    let item = try #require(ParityTests.cases("steps").first { try $0.string("dtype") == "float32" })
    let batch = try TrainingBatch(item)
    for (_, tensor) in batch.model.parameters.all { tensor.requiresGrad = false }
    // Mapped read-only: a write to a weight would end the process.
    let base = try LlavaModel(Checkpoint(ParityTests.path(item.string("directory"))))
    let before = base.parameters.all.map { $0.tensor.clone() }
    var config = LoRAConfig()
    config.modulesToSave = ["multi_modal_projector"]
    let model = base.adapted(by: try LoRAAdapter(config, for: base))
    let trainable = try #require(try model.adapter?.trainable())
    let optimizer = AdamW([AdamW.Group(trainable.map(\.tensor), learningRate: 1e-2, weightDecay: 0)])
    var losses: [Double] = []
    for _ in 0..<12 {
      optimizer.clearGradients()
      let logits = try model.logits(batch.rows, pixels: batch.pixels, places: batch.places)
      let length = logits.size(1)
      let loss = logits.slice(1, 0..<length - 1).flatten(0, 1).crossEntropy(
        batch.labels.slice(1, 1..<length).flatten())
      loss.backward()
      optimizer.step()
      losses.append(loss.item)
    }
    #expect(losses[11] < losses[0] / 2, "\(losses)")
    for ((spec, tensor), old) in zip(base.parameters.all, before) {
      #expect(tensor.isEqual(to: old) && tensor.grad == nil && !tensor.requiresGrad, "\(spec.name)")
    }
    // The saved module is the adapter's own; the base's stays.
    #expect(
      model.parameters["multi_modal_projector.linear_1.weight"]?.isEqual(
        to: before[base.parameters.specs.firstIndex { $0.name == "multi_modal_projector.linear_1.weight" }!])
        == false)
  }
}
