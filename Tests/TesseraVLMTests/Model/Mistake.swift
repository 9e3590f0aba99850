import Tessera
import TesseraVLM
import Testing

/// One thing that an implementer of LLaVA may get wrong, made in our own model.
struct Mistake: Sendable, CustomTestStringConvertible {
  /// A model with the mistake, and what it is asked.
  struct Wrong {
    var config: LlavaConfig
    var parameters: ModelParameters
    var ids: [Int]
    var places: [Int]
    /// `[P, C, H, W]`.
    var pixels: TorchTensor
    /// What the decoder gets for the pictures, where that is not what the model makes of them.
    var features: ((LlavaModel, TorchTensor) -> TorchTensor)?

    func logits() throws -> TorchTensor {
      try noGrad {
        let model = LlavaModel(config, parameters)
        let made = features.map { $0(model, pixels) } ?? model.imageFeatures(pixels)
        let embedded = try model.embeddings([ids], features: made, places: places)
        return model.decoder.logits(model.decoder.hidden(embedded))[0]
      }
    }

    /// Changes the parameters whose names have one of these endings.
    mutating func change(_ endings: [String], _ change: (TorchTensor) -> TorchTensor) -> Bool {
      var changed = false
      parameters = parameters.map { spec, tensor in
        guard endings.contains(where: spec.name.hasSuffix) else { return tensor }
        changed = true
        return change(tensor)
      }
      return changed
    }

    /// Swaps the parameters whose names have one of two words.
    mutating func swap(_ one: String, _ other: String) {
      let old = parameters
      parameters = old.map { spec, tensor in
        let name = spec.name
        if name.contains(one) { return old[name.replacing(one, with: other)] ?? tensor }
        if name.contains(other) { return old[name.replacing(other, with: one)] ?? tensor }
        return tensor
      }
    }
  }

  let name: String
  /// How many pictures the prompt has that shows it: "one" or "two".
  var prompt = "one"
  /// Makes it; false where a model has nothing to make it with.
  let make: @Sendable (inout Wrong) -> Bool

  var testDescription: String { name }

  init(_ name: String, prompt: String = "one", _ make: @escaping @Sendable (inout Wrong) -> Bool) {
    (self.name, self.prompt, self.make) = (name, prompt, make)
  }

  static let all = configs + weights + inputs

  // MARK: what a config says

  private static let activations: [Activation] = [.gelu, .geluTanh, .quickGELU, .silu]

  private static let configs: [Mistake] =
    activations.flatMap { activation in
      [
        Mistake("vision \(activation.rawValue)") { replace(&$0.config.vision.activation, activation) },
        // All are SiLU in the decoder, and GELU in the projector.
        activation == .silu
          ? nil
          : Mistake("text \(activation.rawValue)") { replace(&$0.config.text.activation, activation) },
        activation == .gelu
          ? nil
          : Mistake("projector \(activation.rawValue)") {
            replace(&$0.config.projectorActivation, activation)
          },
      ].compactMap { $0 }
    }
    + [1e-5, 1e-6].flatMap { epsilon in
      [
        Mistake("vision epsilon \(epsilon)") { replace(&$0.config.vision.layerNormEpsilon, epsilon) },
        Mistake("text epsilon \(epsilon)") { replace(&$0.config.text.rmsNormEpsilon, epsilon) },
      ]
    } + [
      Mistake("rotary base 10000") { replace(&$0.config.text.ropeTheta, 10_000) },
      Mistake("rotary scaling off") { replace(&$0.config.text.ropeScaling, .none) },
      Mistake("sliding window off") {
        replace(&$0.config.text.slidingWindows, Array(repeating: nil, count: $0.config.text.layers))
      },
      Mistake("sliding window one wider") { wrong in
        let windows = wrong.config.text.slidingWindows
        return replace(&wrong.config.text.slidingWindows, windows.map { $0.map { $0 + 1 } })
      },
      Mistake("the other layers slide") { wrong in
        let windows = wrong.config.text.slidingWindows
        guard let window = windows.compactMap({ $0 }).first, windows.contains(nil) else { return false }
        return replace(&wrong.config.text.slidingWindows, windows.map { $0 == nil ? window : nil })
      },
      Mistake("head tied") { replace(&$0.config.text.isTied, true) },
      Mistake("vision layer one off") { wrong in
        let layers = wrong.config.featureLayers
        return replace(&wrong.config.featureLayers, layers.map { $0 - 1 })
      },
      Mistake("select strategy swapped") { wrong in
        if wrong.config.featureSelection == .withoutFirst {
          // The last token dropped instead of the first, so that the counts still agree.
          wrong.config.featureSelection = .full
          wrong.features = { model, pixels in
            let all = model.imageFeatures(pixels)
            return all.slice(1, 0..<all.size(1) - 1)
          }
        } else {
          wrong.features = { model, pixels in
            let all = model.imageFeatures(pixels)
            return TorchTensor.cat([all.slice(1, 1..<all.size(1)), all.slice(1, 0..<1)], axis: 1)
          }
        }
        return true
      },
    ]

  private static func replace<T: Equatable>(_ place: inout T, _ value: T) -> Bool {
    guard place != value else { return false }
    place = value
    return true
  }

  // MARK: which weights are used, and how

  private static let weights: [Mistake] = [
    Mistake("vision layers swapped") {
      $0.swap("encoder.layers.0.", "encoder.layers.1.")
      return true
    },
    Mistake("decoder layers swapped") {
      $0.swap("model.layers.0.", "model.layers.1.")
      return true
    },
    Mistake("gate and up swapped") {
      $0.swap("gate_proj", "up_proj")
      return true
    },
    Mistake("vision norms swapped") {
      $0.swap("layer_norm1", "layer_norm2")
      return true
    },
    Mistake("decoder norms swapped") {
      $0.swap("input_layernorm", "post_attention_layernorm")
      return true
    },
    Mistake("final norm without weight") {
      $0.change(["language_model.model.norm.weight"]) { $0.onesLike() }
    },
    Mistake("pre_layrnorm without weight") { $0.change(["pre_layrnorm.weight"]) { $0.onesLike() } },
    Mistake("patches without bias") { $0.change(["patch_embedding.bias"]) { $0.zerosLike() } },
    Mistake("projector without biases") {
      $0.change(["linear_1.bias", "linear_2.bias"]) { $0.zerosLike() }
    },
    Mistake("decoder's attention without biases") { wrong in
      let names = wrong.parameters.specs.map(\.name).filter {
        $0.hasPrefix("language_model") && $0.contains("self_attn") && $0.hasSuffix("bias")
      }
      return wrong.change(names) { $0.zerosLike() }
    },
    Mistake("decoder's feed-forward without biases") {
      $0.change(["gate_proj.bias", "up_proj.bias", "down_proj.bias"]) { $0.zerosLike() }
    },
    Mistake("class token left out") { $0.change(["class_embedding"]) { $0.zerosLike() } },
    Mistake("positions of the tower shifted") {
      $0.change(["position_embedding.weight"]) { rolled($0, axis: 0) }
    },
    Mistake("rotary pairs interleaved") { wrong in
      let size = wrong.config.text.headSize
      let order = Array(stride(from: 0, to: size, by: 2)) + Array(stride(from: 1, to: size, by: 2))
      return wrong.change(decoderAttention(["q_proj.weight", "q_proj.bias", "k_proj.weight", "k_proj.bias"]))
      {
        reordered($0, axis: 0, groups: $0.size(0) / size, order)
      }
    },
    Mistake("key heads in turn, not in groups") { wrong in
      let (heads, keys) = (wrong.config.text.heads, wrong.config.text.keyValueHeads)
      guard keys > 1, keys < heads else { return false }
      let order = (0..<keys).flatMap { key in (0..<heads).filter { $0 % keys == key } }
      let size = wrong.config.text.headSize
      let elements = order.flatMap { head in (0..<size).map { head * size + $0 } }
      _ = wrong.change(decoderAttention(["q_proj.weight", "q_proj.bias"])) {
        reordered($0, axis: 0, groups: 1, elements)
      }
      return wrong.change(decoderAttention(["o_proj.weight"])) {
        reordered($0, axis: 1, groups: 1, elements)
      }
    },
    Mistake("scores scaled by hidden/heads") { wrong in
      let text = wrong.config.text
      guard text.headSize * text.heads != text.hiddenSize else { return false }
      let factor = (Double(text.headSize * text.heads) / Double(text.hiddenSize)).squareRoot()
      return wrong.change(decoderAttention(["q_proj.weight", "q_proj.bias"])) { $0 * factor }
    },
  ]

  /// Names of the decoder's attention (the tower's have `q_proj` too).
  private static func decoderAttention(_ endings: [String]) -> [String] {
    (0..<3).flatMap { layer in endings.map { "language_model.model.layers.\(layer).self_attn.\($0)" } }
  }

  /// The indices of each of `groups` along an axis in another order.
  private static func reordered(_ tensor: TorchTensor, axis: Int, groups: Int, _ order: [Int]) -> TorchTensor
  {
    let list = (0..<groups).flatMap { group in order.map { Int64(group * order.count + $0) } }
    return tensor.indexSelect(axis, TorchTensor(list))
  }

  private static func rolled(_ tensor: TorchTensor, axis: Int) -> TorchTensor {
    TorchTensor.cat(
      [tensor.slice(axis, 1..<tensor.size(axis)), tensor.slice(axis, 0..<1)], axis: axis)
  }

  // MARK: what the model is given

  private static let inputs: [Mistake] = [
    Mistake("picture mirrored") { input(&$0) { $0.flip(3) } },
    Mistake("picture upside down") { input(&$0) { $0.flip(2) } },
    Mistake("picture transposed") { input(&$0) { $0.transpose(2, 3) } },
    Mistake("blue for red") { input(&$0) { $0.flip(1) } },
    Mistake("pictures in the other order", prompt: "two") { input(&$0) { $0.flip(0) } },
    Mistake("image tokens reversed") {
      $0.features = { $0.imageFeatures($1).flip(1) }
      return true
    },
    Mistake("image tokens column by column") { wrong in
      let side = wrong.config.vision.patchesPerSide
      guard wrong.places.count == side * side else { return false }
      wrong.features = { model, pixels in
        let tokens = model.imageFeatures(pixels)
        return tokens.reshape(tokens.size(0), side, side, -1).transpose(1, 2).flatten(1, 2)
      }
      return true
    },
    Mistake("post_layernorm applied to the feature") { wrong in
      wrong.features = { model, pixels in
        let config = model.config
        let states = model.tower.hiddenStates(pixels, through: config.usedVisionLayers)
        let prefix = "vision_tower.vision_model.post_layernorm"
        let state = states[states.count - 1].layerNorm(
          model.parameters["\(prefix).weight"], model.parameters["\(prefix).bias"],
          eps: config.vision.layerNormEpsilon)
        let chosen = config.featureSelection == .withoutFirst ? state.slice(1, 1..<state.size(1)) : state
        return model.projector(chosen, grid: (config.vision.patchesPerSide, config.vision.patchesPerSide))
      }
      return true
    },
    Mistake("image tokens one place late") { wrong in
      guard let last = wrong.places.last, last + 1 < wrong.ids.count else { return false }
      wrong.places = wrong.places.map { $0 + 1 }
      return true
    },
    Mistake("two tokens of text swapped") { wrong in
      let end = wrong.ids.count
      wrong.ids.swapAt(end - 1, end - 2)
      return wrong.ids[end - 1] != wrong.ids[end - 2]
    },
  ]

  private static func input(_ wrong: inout Wrong, _ change: (TorchTensor) -> TorchTensor) -> Bool {
    wrong.pixels = change(wrong.pixels).contiguous()
    return true
  }
}
