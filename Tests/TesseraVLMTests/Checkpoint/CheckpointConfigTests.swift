import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraVLM
import Testing

@Suite("configs of checkpoints")
struct CheckpointConfigTests {
  private static func config(_ value: JSONValue) throws -> ModelConfig {
    try ModelConfig(json: Array(JSONText(copying: value).text.utf8), file: "config.json")
  }

  private static func llava(_ value: JSONValue) throws -> LlavaConfig {
    try LlavaConfig(json: Array(JSONText(copying: value).text.utf8), file: "config.json")
  }

  @Test("4.57's words and 5's mean the same model")
  func versions() throws {
    for (old, new) in zip(try TinyModel.all("4"), try TinyModel.all("5")) {
      #expect(old.name == new.name)
      switch (try Self.config(old.config), try Self.config(new.config)) {
      case (.llava(let a), .llava(let b)):
        #expect(a.vision == b.vision, "\(old)")
        #expect(a.text == b.text, "\(old)")
        #expect(a.featureLayers == b.featureLayers && a.featureSelection == b.featureSelection)
        #expect(a.imageToken == 19 && b.imageToken == 19 && a.projectorBias == b.projectorBias)
      case (.vision(let a), .vision(let b)): #expect(a == b, "\(old)")
      case (.language(let a), .language(let b)): #expect(a == b, "\(old)")
      default: Issue.record("\(old) and \(new) are of different kinds")
      }
    }
  }

  @Test("what a config says arrives: θ, scaling, windows, biases, heads, ties, layers")
  func values() throws {
    let clip = try Self.llava(try TinyModel.named("llava-clip-llama").config)
    #expect(clip.text.ropeTheta == 50_000 && clip.text.ropeScaling == .none && !clip.text.isTied)
    #expect(clip.vision.kind == .clip && clip.vision.activation == .quickGELU)
    #expect(clip.vision.layerNormEpsilon == 1e-5 && clip.text.rmsNormEpsilon == 1e-6)
    let siglip = try Self.llava(try TinyModel.named("llava-siglip-llama3").config)
    #expect(
      siglip.text.ropeScaling
        == .llama3(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalPositions: 32))
    #expect(siglip.vision.usesHead && siglip.featureSelection == .full && !siglip.projectorBias)
    let qwen = try Self.llava(try TinyModel.named("llava-headless-qwen2").config)
    #expect(qwen.text.slidingWindows == [nil, 16] && !qwen.vision.usesHead)
    #expect(qwen.text.queryKeyValueBias && !qwen.text.outputBias)
    let tied = try Self.llava(try TinyModel.named("llava-clip-qwen2-tied").config)
    #expect(tied.text.isTied && tied.featureLayers == [-2, -1] && tied.projectorInput == 16)
    let biased = try Self.llava(try TinyModel.named("llava-clip-biased").config)
    #expect(biased.text.headSize == 6 && biased.text.outputBias && biased.text.mlpBias)
    let mistral = try Self.config(try TinyModel.named("mistral").config)
    guard case .language(let text) = mistral else { return #expect(Bool(false)) }
    #expect(text.slidingWindows == [4096, 4096])
    guard case .language(let llama) = try Self.config(try TinyModel.named("llama").config) else {
      return #expect(Bool(false))
    }
    #expect(llama.ropeScaling == .linear(factor: 2))
  }

  @Test("an empty config is the default of transformers' class")
  func defaults() throws {
    let config = try Self.llava(
      .object([("model_type", .string("llava")), ("image_token_index", .int(31_999))]))
    #expect(config.vision.imageSize == 336 && config.vision.patchSize == 14 && config.vision.layers == 24)
    #expect(config.imageTokens == 576 && config.featureLayers == [-2] && config.projectorActivation == .gelu)
    #expect(
      config.text.hiddenSize == 4096 && config.text.intermediateSize == 11_008 && config.text.layers == 32)
    #expect(config.text.ropeTheta == 10_000 && config.text.keyValueHeads == 32 && config.text.headSize == 128)
    // In a vision_config that is there, the defaults are the class's own: transformers does the same.
    let inner = JSONValue.object([]).setting("model_type", .string("llava")).setting(
      "image_token_id", .int(5)
    )
    .setting("vision_config.hidden_size", .int(96))
    #expect(try Self.llava(inner).vision.imageSize == 224 && Self.llava(inner).imageToken == 5)
  }

  @Test(
    "a picture becomes as many tokens as transformers counts",
    arguments: [
      (VisionConfig.Kind.clip, FeatureSelection.withoutFirst, 16), (.clip, .full, 17),
      (.siglip, .withoutFirst, 15),
      (.siglip, .full, 16),
    ])
  func imageTokens(_ kind: VisionConfig.Kind, _ selection: FeatureSelection, _ expected: Int) {
    var vision = VisionConfig(kind)
    // 35: what is left of a patch is cut off.
    (vision.imageSize, vision.patchSize) = (35, 8)
    var config = LlavaConfig(vision: vision, text: TextConfig(.llama), imageToken: 1)
    config.featureSelection = selection
    #expect(config.imageTokens == expected)
  }

  @Test("pixel shuffle folds four patches into a token, and says so in a model type of its own")
  func pixelShuffle() throws {
    let base = try TinyModel.named("llava-siglip-llama3").config
      .setting("model_type", .string("tessera_llava")).setting("projector_type", .string("pixel_shuffle"))
      .setting("pixel_shuffle_factor", .int(2))
    let config = try Self.llava(base)
    #expect(config.imageTokens == 1 && config.projectorInput == 32)
    let names = ExpectedParameters.projector(config)
    #expect(names.map(\.name) == ["multi_modal_projector.linear.weight"] && names[0].shape == [8, 32])
    let again = try LlavaConfig(json: config.json(dataType: "float32"), file: "again")
    #expect(again.projector == .pixelShuffle(factor: 2))
    let wrong = base.setting("vision_feature_select_strategy", .string("default"))
    #expect(message { _ = try Self.llava(wrong) }.contains("vision_feature_select_strategy must be \"full\""))
  }

  @Test("a config that is written reads back the same, and keeps what is not ours")
  func roundTrip() throws {
    for model in try TinyModel.all("4") + TinyModel.all("5") where model.name.hasPrefix("llava") {
      let first = try Self.llava(model.config.setting("text_config.mystery", .int(7)))
      let bytes = first.json(dataType: "bfloat16")
      let second = try LlavaConfig(json: bytes, file: "written")
      #expect(first.vision == second.vision && first.text == second.text, "\(model)")
      #expect(first.featureLayers == second.featureLayers && first.imageToken == second.imageToken)
      let written = try JSONReader.read(bytes)
      #expect(JSONText(copying: written["text_config"]?["mystery"] ?? .null).text == "7")
      for (level, key) in [
        (written, "tie_word_embeddings"), (written["text_config"] ?? .null, "tie_word_embeddings"),
      ] {
        #expect(JSONText(copying: level[key] ?? .null).text == "\(first.text.isTied)")
      }
      let text = try #require(written["text_config"])
      #expect(text["rope_theta"] != nil && text["rope_parameters"]?["rope_theta"] != nil)
      #expect(JSONText(copying: written["dtype"] ?? .null).text == "\"bfloat16\"")
    }
  }

  /// Key, value in JSON, and what the message must say.
  @Test(
    "a config with an unknown part is an error that names file, key, found and expected",
    arguments: [
      ("model_type", #""blip""#, #"config.json: model_type must be llava, "#),
      (
        "text_config.model_type", #""gpt2""#,
        #"text_config.model_type must be "llama" or "qwen2" or "mistral", got "gpt2""#
      ),
      ("vision_config.model_type", #""vit""#, #"vision_config.model_type must be "clip_vision_model" or"#),
      (
        "text_config.rope_scaling", #"{"rope_type":"yarn","factor":2}"#,
        "rope_scaling.rope_type must be default, linear or llama3, got \"yarn\""
      ),
      (
        "text_config.rope_scaling", #"{"type":"linear"}"#,
        "text_config.rope_scaling.factor must be a number above 0.0, got nothing"
      ),
      (
        "text_config.rope_parameters", #"{"rope_theta":7,"rope_type":"default"}"#,
        "text_config.rope_theta must be the same as rope_parameters.rope_theta 7.0, got 50000"
      ),
      ("text_config.hidden_act", #""mish""#, "text_config.hidden_act must be quick_gelu, gelu"),
      (
        "text_config.hidden_size", "0", "text_config.hidden_size must be a whole number in 1...1048576, got 0"
      ),
      ("text_config.hidden_size", "4611686018427387904", "text_config.hidden_size must be"),
      ("text_config.hidden_size", "null", "text_config.hidden_size must be"),
      (
        "text_config.num_hidden_layers", "1000000000",
        "text_config.num_hidden_layers must be a whole number in 1...4096"
      ),
      (
        "text_config.num_attention_heads", "3",
        "num_key_value_heads must be a divisor of num_attention_heads 3"
      ),
      ("text_config.head_dim", "3", "head_dim must be an even number"),
      ("text_config.rms_norm_eps", "-1", "rms_norm_eps must be a number above 0.0, got -1"),
      ("text_config.vocab_size", "19", "image_token_index must be below text_config.vocab_size 19, got 19"),
      ("text_config", "[]", "text_config must be an object, got an array"),
      (
        "vision_config.num_attention_heads", "3",
        "vision_config.num_attention_heads must be a divisor of hidden_size 8, got 3"
      ),
      (
        "vision_config.image_size", "1000000000",
        "vision_config.image_size must be at most 4096 patches of patch_size 4 along a side, got 1000000000"
      ),
      ("vision_config.patch_size", "9", "vision_config.patch_size must be at most image_size 8, got 9"),
      (
        "vision_config.image_size", "[8,9]",
        "vision_config.image_size must be a whole number, or two equal ones, got [8,9]"
      ),
      ("vision_feature_layer", "4", "vision_feature_layer must be a whole number in -3...2, got 4"),
      ("vision_feature_layer", "[]", "vision_feature_layer must be one to 64 layers"),
      (
        "vision_feature_select_strategy", #""cls""#,
        #"vision_feature_select_strategy must be "default" or "full", got "cls""#
      ),
      ("projector_hidden_act", "3", "projector_hidden_act must be a text, got 3"),
      ("quantization_config", #"{"quant_method":"bitsandbytes"}"#, "quantization_config must be absent"),
      ("text_config.eos_token_id", #"[1,"x"]"#, #"text_config.eos_token_id must be ids from 0 on, got "x""#),
    ])
  func unknownParts(_ key: String, _ value: String, _ expected: String) throws {
    let base = try TinyModel.named("llava-clip-llama").config
    let changed = base.setting(key, try JSONReader.read(Array(value.utf8)))
    let text = message { _ = try Self.config(changed) }
    #expect(text.contains(expected), "\(text)")
    #expect(text.hasPrefix("config.json: "))
  }

  @Test("memory is counted by part, for types and uses")
  func memory() throws {
    let config = try Self.llava(try TinyModel.named("llava-clip-llama").config)
    let needs = MemoryNeeds(config)
    let specs = ExpectedParameters.llava(config)
    #expect(needs.total == specs.reduce(0) { $0 + $1.count } && needs.parameters[.head] == 160)
    // 2 (key and value) · 2 layers · 2 heads · 2.
    #expect(needs.cacheBytesPerToken(.float32) == 64 && needs.cacheBytesPerToken(.bfloat16) == 32)
    #expect(needs.inferenceBytes(.float32, tokens: 10) == 4 * needs.total + 640)
    #expect(needs.trainingBytes() == 16 * needs.total)
    let projector = needs.parameters[.projector] ?? 0
    #expect(needs.trainingBytes(trained: [.projector]) == 4 * needs.total + 12 * projector)
  }

  @Test("LLaVA-1.5-7B has the 7,063,427,072 parameters that it is published with")
  func sevenBillion() throws {
    var vision = VisionConfig(.clip)
    (vision.hiddenSize, vision.intermediateSize, vision.layers, vision.heads) = (1024, 4096, 24, 16)
    (vision.imageSize, vision.patchSize) = (336, 14)
    var text = TextConfig(.llama)
    text.vocabularySize = 32_064
    let needs = MemoryNeeds(LlavaConfig(vision: vision, text: text, imageToken: 32_000))
    #expect(needs.total == 7_063_427_072)
    #expect(needs.cacheBytesPerToken(.float16) == 524_288)
  }
}
