internal import TesseraCore

extension LlavaConfig {
  /// What wrote the layout that is written here.
  static let layoutVersion = "4.57.6"

  /// `config.json` in transformers 4.57's layout, which 5.x reads too.
  ///
  /// What was read and is not ours is kept. RoPE is written both ways, for 4.57 takes θ = 10000 where only
  /// `rope_parameters` is there; the tie is written at both levels, for each version reads another.
  ///
  /// - Parameter dataType: what the weights are stored as.
  public func json(dataType: String) -> [UInt8] { Array(value(dataType: dataType).pythonText().utf8) }

  func value(dataType: String) -> JSONValue {
    let isOurs = if case .pixelShuffle = projector { true } else { false }
    var out = source
    out = out.with("model_type", .string(isOurs ? "tessera_llava" : "llava"))
    out = out.with(
      "architectures", .array([.string(isOurs ? "TesseraLlava" : "LlavaForConditionalGeneration")]))
    out = out.with("dtype", .string(dataType)).with("torch_dtype", .string(dataType))
    out = out.with("transformers_version", .string(Self.layoutVersion))
    out = out.without("image_token_id").with("image_token_index", .int(imageToken))
    out = out.with("image_seq_length", .int(imageTokens))
    out = out.with("multimodal_projector_bias", .bool(projectorBias))
    out = out.withActivation("projector_hidden_act", projectorActivation)
    let layers = featureLayers.map { JSONValue.int($0) }
    out = out.with(
      "vision_feature_layer", writesFeatureLayerList || layers.count != 1 ? .array(layers) : layers[0])
    out = out.with("vision_feature_select_strategy", .string(featureSelection.rawValue))
    out = out.with("tie_word_embeddings", .bool(text.isTied))
    out = out.without("projector_type").without("pixel_shuffle_factor")
    if case .pixelShuffle(let factor) = projector {
      out = out.with("projector_type", .string("pixel_shuffle")).with("pixel_shuffle_factor", .int(factor))
    }
    if source["pad_token_id"] != nil {
      out = out.with("pad_token_id", text.padToken.map { .int($0) } ?? .null)
    }
    out = out.with("text_config", text.value(source.member("text_config")))
    return out.with("vision_config", vision.value(source.member("vision_config")))
  }
}

extension VisionConfig {
  /// The config's members over those that were read.
  func value(_ source: JSONValue) -> JSONValue {
    var out = source.withoutFileMembers().with("model_type", .string(kind.rawValue))
    out = out.with("hidden_size", .int(hiddenSize)).with("intermediate_size", .int(intermediateSize))
    out = out.with("num_hidden_layers", .int(layers)).with("num_attention_heads", .int(heads))
    out = out.with("num_channels", .int(channels))
    out = out.with("image_size", .int(imageSize)).with("patch_size", .int(patchSize))
    out = out.withActivation("hidden_act", activation)
    out = out.with("layer_norm_eps", .double(layerNormEpsilon))
    out = out.with("initializer_range", .double(initializerRange))
    return kind == .siglip ? out.with("vision_use_head", .bool(usesHead)) : out
  }
}

extension TextConfig {
  /// The config's members over those that were read.
  func value(_ source: JSONValue) -> JSONValue {
    var out = source.withoutFileMembers().with("model_type", .string(kind.rawValue))
    out = out.with("vocab_size", .int(vocabularySize)).with("hidden_size", .int(hiddenSize))
    out = out.with("intermediate_size", .int(intermediateSize)).with("num_hidden_layers", .int(layers))
    out = out.with("num_attention_heads", .int(heads)).with("num_key_value_heads", .int(keyValueHeads))
    out = out.with("head_dim", .int(headSize)).withActivation("hidden_act", activation)
    out = out.with("max_position_embeddings", .int(maxPositions))
    out = out.with("rms_norm_eps", .double(rmsNormEpsilon))
    out = out.with("initializer_range", .double(initializerRange))
    out = out.with("tie_word_embeddings", .bool(isTied))
    out = withRope(out)
    if kind == .llama {
      out = out.with("attention_bias", .bool(queryKeyValueBias)).with("mlp_bias", .bool(mlpBias))
    }
    out = withWindows(out)
    out = out.with("bos_token_id", beginToken.map { .int($0) } ?? .null)
    let ends = endTokens.map { JSONValue.int($0) }
    out = out.with("eos_token_id", ends.isEmpty ? .null : ends.count == 1 ? ends[0] : .array(ends))
    return out.with("pad_token_id", padToken.map { .int($0) } ?? .null)
  }

  private func withRope(_ config: JSONValue) -> JSONValue {
    let (scaling, type) = scalingMembers
    let parameters: [(name: String, value: JSONValue)] =
      [("rope_theta", .double(ropeTheta)), ("rope_type", .string(type))] + scaling
    let old: JSONValue = scaling.isEmpty ? .null : .object([("rope_type", .string(type))] + scaling)
    return config.with("rope_theta", .double(ropeTheta)).with("rope_scaling", old)
      .with("rope_parameters", .object(parameters))
  }

  private var scalingMembers: ([(name: String, value: JSONValue)], type: String) {
    switch ropeScaling {
    case .none: return ([], "default")
    case .linear(let factor): return ([("factor", .double(factor))], "linear")
    case .llama3(let factor, let low, let high, let positions):
      return (
        [
          ("factor", .double(factor)), ("low_freq_factor", .double(low)), ("high_freq_factor", .double(high)),
          ("original_max_position_embeddings", .int(positions)),
        ], "llama3"
      )
    }
  }

  private func withWindows(_ config: JSONValue) -> JSONValue {
    let window = slidingWindows.compactMap { $0 }.first
    switch kind {
    case .llama: return config
    case .mistral: return config.with("sliding_window", window.map { .int($0) } ?? .null)
    case .qwen2:
      let types = slidingWindows.map { JSONValue.string($0 == nil ? "full_attention" : "sliding_attention") }
      var out = config.with("use_sliding_window", .bool(window != nil)).with("layer_types", .array(types))
      if let window { out = out.with("sliding_window", .int(window)) }
      return out
    }
  }
}

extension JSONValue {
  /// A member that is an object; an empty one where there is none.
  func member(_ name: String) -> JSONValue {
    if let found = self[name], case .object = found { return found }
    return .object([])
  }

  /// Keeps the name that was read as long as it means the same function.
  func withActivation(_ key: String, _ activation: Activation) -> JSONValue {
    if case .string(let name)? = self[key], Activation(name: name) == activation { return self }
    return with(key, .string(activation.rawValue))
  }

  /// Without what belongs to the file that a config was the whole of.
  func withoutFileMembers() -> JSONValue {
    let names = [
      "architectures", "transformers_version", "dtype", "torch_dtype", "auto_map", "_name_or_path",
    ]
    return names.reduce(self) { $0.without($1) }
  }
}
