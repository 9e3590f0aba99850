internal import TesseraCore

/// `tokenizer_config.json` as transformers 4 reads it.
enum TokenizerConfig {
  /// Rewrites one of 5.x: its class `TokenizersBackend` does not exist in 4, and what it calls
  /// `extra_special_tokens` is a list there.
  static func version4(_ config: JSONValue, _ tokenizer: TokenizerFacts?) -> JSONValue {
    var out = config
    guard isVersion5(config) else { return out }
    for name in ["backend", "is_local", "local_files_only"] { out = out.without(name) }
    if case .string("TokenizersBackend")? = out["tokenizer_class"] {
      out = withInputNames(out.with("tokenizer_class", .string("PreTrainedTokenizerFast")))
    }
    if case .array(let list)? = out["extra_special_tokens"] {
      out = out.without("extra_special_tokens")
      if out["additional_special_tokens"] == nil { out = out.with("additional_special_tokens", .array(list)) }
    }
    if let named = out["model_specific_special_tokens"] {
      out = out.without("model_specific_special_tokens").with("extra_special_tokens", named)
    }
    if out["added_tokens_decoder"] == nil, let tokenizer {
      out = out.with("added_tokens_decoder", decoder(tokenizer))
    }
    return out
  }

  /// 4's general class gives `token_type_ids` too unless it is told not to, and `generate` of a LLaVA refuses them;
  /// 5's class does not give them.
  static func withInputNames(_ config: JSONValue) -> JSONValue {
    guard case .string("PreTrainedTokenizerFast")? = config["tokenizer_class"],
      config["model_input_names"] == nil
    else { return config }
    return config.with("model_input_names", .array([.string("input_ids"), .string("attention_mask")]))
  }

  private static func isVersion5(_ config: JSONValue) -> Bool {
    if case .string("TokenizersBackend")? = config["tokenizer_class"] { return true }
    if case .array? = config["extra_special_tokens"] { return true }
    return config["backend"] != nil || config["model_specific_special_tokens"] != nil
  }

  /// The added tokens by their ids.
  private static func decoder(_ tokenizer: TokenizerFacts) -> JSONValue {
    .object(tokenizer.added.map { (name: String($0.id), value: $0.value.without("id")) })
  }

  /// One for a tokenizer that has none: the special tokens are those that the config names by id.
  static func new(_ config: LlavaConfig, _ tokenizer: TokenizerFacts) -> JSONValue {
    var out = new(config.text, tokenizer).with("processor_class", .string("LlavaProcessor"))
    if let image = tokenizer.added(config.imageToken) {
      out = out.with("additional_special_tokens", .array([.string(image)]))
    }
    return out
  }

  /// One for a decoder's tokenizer that has none.
  static func new(_ config: TextConfig, _ tokenizer: TokenizerFacts) -> JSONValue {
    var members: [(name: String, value: JSONValue)] = [
      ("added_tokens_decoder", decoder(tokenizer)), ("clean_up_tokenization_spaces", .bool(false)),
      ("model_max_length", .int(config.maxPositions)),
      ("tokenizer_class", .string("PreTrainedTokenizerFast")),
    ]
    let named = [
      ("bos_token", config.beginToken), ("eos_token", config.endTokens.first), ("pad_token", config.padToken),
    ]
    for (name, id) in named {
      if let token = tokenizer.added(id) { members.append((name, .string(token))) }
    }
    return withInputNames(.object(members))
  }
}
