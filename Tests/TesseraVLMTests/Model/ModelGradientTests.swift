import Tessera
import TesseraVLM
import Testing

/// Gradients of every module against central differences, in float64, on parameters of one's own.
@Suite("every module's gradients are those of finite differences")
struct ModelGradientTests {
  /// Parameters that are all different, norms near 1.
  static func parameters(_ specs: [ParameterSpec]) -> ModelParameters {
    ModelParameters(specs) { spec in
      let seed = spec.name.utf8.reduce(7) { ($0 * 31 + Int($1)) % 1009 }
      let waves = ((TorchTensor.arange(spec.count, type: .float64) * 1.7) + seed).sin() * 0.4
      return (spec.name.contains("norm") && spec.name.hasSuffix("weight") ? waves + 1 : waves)
        .reshape(spec.shape).contiguous()
    }
  }

  static func wave(_ shape: [Int], _ seed: Int = 3) -> TorchTensor {
    let count = shape.reduce(1, *)
    return ((TorchTensor.arange(count, type: .float64) * 2.3) + seed).cos().reshape(shape).contiguous()
  }

  static func tower(_ kind: VisionConfig.Kind) -> VisionConfig {
    var config = VisionConfig(kind)
    (config.hiddenSize, config.intermediateSize, config.layers, config.heads) = (8, 6, 2, 2)
    (config.imageSize, config.patchSize, config.channels, config.usesHead) = (8, 4, 2, false)
    config.layerNormEpsilon = 1e-3
    return config
  }

  static func text(_ kind: TextConfig.Kind = .llama) -> TextConfig {
    var config = TextConfig(kind)
    (config.hiddenSize, config.intermediateSize, config.layers) = (8, 6, 2)
    (config.heads, config.keyValueHeads, config.headSize, config.vocabularySize) = (4, 2, 4, 11)
    (config.ropeTheta, config.rmsNormEpsilon) = (100, 1e-3)
    config.slidingWindows = [nil, nil]
    return config
  }

  @Test("a tower's, with pictures of its size and of others", arguments: VisionConfig.Kind.allCases, [8, 12])
  func tower(_ kind: VisionConfig.Kind, _ height: Int) {
    let config = Self.tower(kind)
    let parameters = Self.parameters(ExpectedParameters.vision(config))
    let tower = VisionTower(config, parameters)
    let pixels = Self.wave([2, 2, height, 8])
    // What comes after the last layer is not what a LLaVA gets.
    let used = parameters.all.filter { !$0.spec.name.contains("post_layernorm") }.map(\.tensor)
    expectGradients(
      of: { TorchTensor.cat(tower.hiddenStates(pixels, through: 2), axis: 1) }, at: used + [pixels],
      samples: 6)
  }

  @Test("a projector's", arguments: [ProjectorKind.mlp, .pixelShuffle(factor: 2)], [true, false])
  func projector(_ kind: ProjectorKind, _ hasBias: Bool) {
    var config = LlavaConfig(vision: Self.tower(.siglip), text: Self.text(), imageToken: 3)
    (config.projector, config.projectorBias) = (kind, hasBias)
    let parameters = Self.parameters(ExpectedParameters.projector(config))
    let projector = Projector(config, parameters)
    let x = Self.wave([2, 8, 8])
    expectGradients(
      of: { projector(x, grid: (4, 2)) }, at: parameters.all.map(\.tensor) + [x], samples: 12)
  }

  /// A decoder of some kind and the padding of its texts.
  struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    var padding: [Int]?
    let change: @Sendable (inout TextConfig) -> Void
  }

  static let decoders = [
    Case(testDescription: "grouped queries") { _ in },
    Case(testDescription: "biases of queries, keys and values", padding: [0, 2]) {
      $0.queryKeyValueBias = true
    },
    Case(testDescription: "biases everywhere, Llama 3's angles") {
      ($0.queryKeyValueBias, $0.outputBias, $0.mlpBias) = (true, true, true)
      $0.ropeScaling = .llama3(
        factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 16)
    },
    Case(testDescription: "a window in one layer, padded", padding: [1, 0]) { $0.slidingWindows = [nil, 2] },
    Case(testDescription: "one head of keys, linear scaling, GELU") {
      ($0.keyValueHeads, $0.ropeScaling, $0.activation) = (1, .linear(factor: 3), .geluTanh)
    },
    Case(testDescription: "tied") { $0.isTied = true },
  ]

  @Test("a decoder's, with its norms, angles, head and embedding", arguments: decoders)
  func decoder(_ item: Case) {
    var config = Self.text()
    item.change(&config)
    let parameters = Self.parameters(ExpectedParameters.language(config))
    let decoder = Decoder(config, parameters)
    let ids = TorchTensor([1, 5, 2, 5, 10, 0, 7, 7, 3, 4] as [Int64], shape: [2, 5])
    let shift = Self.wave([2, 5, 8])
    expectGradients(
      of: {
        let x = decoder.embedding.embedding(ids) + shift
        return decoder.logits(decoder.hidden(x, padding: item.padding))
      }, at: parameters.all.map(\.tensor) + [shift], samples: 6)
  }

  @Test("the whole model's, from the logits to the pixels", arguments: VisionConfig.Kind.allCases)
  func whole(_ kind: VisionConfig.Kind) throws {
    let config = LlavaConfig(vision: Self.tower(kind), text: Self.text(.qwen2), imageToken: 3)
    let parameters = Self.parameters(ExpectedParameters.llava(config))
    let model = LlavaModel(config, parameters)
    let pixels = Self.wave([1, 2, 8, 8])
    let count = config.imageTokens
    let ids = [1] + Array(repeating: 3, count: count) + [6, 2]
    // Layer −2 of two: the second layer of the tower takes no part.
    let used = parameters.all.filter {
      !$0.spec.name.contains("encoder.layers.1.") && !$0.spec.name.contains("post_layernorm")
    }
    func run() throws -> TorchTensor {
      try model.logits([ids], pixels: pixels, places: Array(1...count))
    }
    _ = try run()
    expectGradients(
      of: { (try? run()) ?? TorchTensor.zeros([1], type: .float64) }, at: used.map(\.tensor) + [pixels],
      samples: 3)
  }
}
