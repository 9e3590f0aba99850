extension ConfigMembers {
  /// Members of every config of transformers (`PreTrainedConfig`, in 4.57 and 5) that change nothing here: what is
  /// read elsewhere (the tie, ids of tokens), returned, or said about a file. Older files carry `generate`'s settings
  /// too, which count in `generation_config.json`.
  static let harmless: Set<String> = [
    "_attn_implementation", "_attn_implementation_autoset", "_attn_implementation_internal", "_commit_hash",
    "_experts_implementation", "_from_model_config", "_name_or_path", "architectures", "attn_implementation",
    "auto_map", "bad_words_ids", "begin_suppress_tokens", "bos_token_id", "chunk_size_feed_forward",
    "decoder_start_token_id", "diversity_penalty", "do_sample", "dtype", "early_stopping",
    "encoder_no_repeat_ngram_size", "eos_token_id", "exponential_decay_length_penalty", "finetuning_task",
    "forced_bos_token_id", "forced_eos_token_id", "gradient_checkpointing", "id2label", "initializer_factor",
    "initializer_range", "is_decoder", "keys_to_ignore_at_inference", "label2id", "length_penalty",
    "max_length",
    "max_new_tokens", "min_length", "model_type", "no_repeat_ngram_size", "num_beam_groups", "num_beams",
    "num_labels", "num_return_sequences", "output_attentions", "output_hidden_states", "output_scores",
    "pad_token_id", "prefix", "pretraining_tp", "problem_type", "remove_invalid_values", "repetition_penalty",
    "return_dict", "return_dict_in_generate", "sep_token_id", "suppress_tokens", "task_specific_params",
    "temperature", "tf_legacy_loss", "tie_word_embeddings", "tokenizer_class", "top_k", "top_p",
    "torch_dtype",
    "torchscript", "transformers_version", "typical_p", "unk_token_id", "use_bfloat16", "use_cache",
    "is_llama_config", "transformers.js_config", "use_flash_attention_2", "_flash_attn_2_enabled",
    "use_flash_attn", "unsloth_version", "unsloth_fixed",
    "unsloth_version_fixed",
    // Of reward models: beside the directory's own head.
    "reward_mean", "reward_std",
  ]

  /// Members of any config that change the computation, by the names that the models which have them use.
  static let changing: [String: Neutral] = [
    "add_cross_attention": .no, "is_encoder_decoder": .no, "tie_encoder_decoder": .no,
    "cross_attention_hidden_size": .absent, "pruned_heads": .empty,
    // Norms and caps inside of attention.
    "qk_norm": .no, "use_qk_norm": .no, "qk_layernorm": .no, "qk_layer_norm": .no, "use_query_key_norm": .no,
    "attn_logit_softcapping": .absent, "attn_logit_softcap": .absent, "final_logit_softcapping": .absent,
    "query_pre_attn_scalar": .absent, "attention_multiplier": .absent, "clip_qkv": .absent,
    "attention_sinks": .no, "attention_sink": .no, "use_attention_sinks": .no, "attn_temperature_tuning": .no,
    "attention_chunk_size": .absent, "alibi": .no, "use_alibi": .no, "use_bidirectional_attention": .no,
    "is_causal": .yes, "causal": .yes, "differential_attention": .no, "attn_output_gate": .no,
    // Products on the way.
    "embedding_multiplier": .one, "residual_multiplier": .one, "logits_scaling": .one, "logit_scale": .one,
    "scale_emb": .one, "scale_depth": .absent, "dim_model_base": .absent, "scale_embedding": .no,
    "normalize_embeddings": .no, "residual_scale": .one, "mup_scale": .one,
    // Rotary positions.
    "partial_rotary_factor": .one, "rotary_pct": .one, "rotary_dim": .absent, "use_rope": .yes,
    "no_rope_layers": .empty, "no_rope_layer_interval": .absent, "nope_layer_interval": .absent,
    "rope_interleaved": .no, "rope_interleave": .no, "use_mrope": .no, "mrope_section": .absent,
    "rope_local_base_freq": .absent, "rope_type": .words(["default"]), "yarn": .absent,
    // Other layers in the place of these.
    "num_experts": .zero, "num_local_experts": .zero, "n_routed_experts": .zero, "num_experts_per_tok": .zero,
    "n_shared_experts": .zero, "moe_intermediate_size": .zero, "moe_num_experts": .zero,
    "shared_expert_intermediate_size": .zero, "decoder_sparse_step": .absent,
    "first_k_dense_replace": .absent,
    "kv_lora_rank": .zero, "q_lora_rank": .zero, "use_mla": .no, "parallel_attn": .no,
    "use_parallel_residual": .no,
    "use_post_norm": .no, "post_norm": .no, "sandwich_norm": .no,
    "norm_type": .words(["rms_norm", "rmsnorm"]),
    "num_kv_shared_layers": .zero, "sliding_window_pattern": .absent, "layers_block_type": .absent,
    "mamba_d_state": .absent, "linear_attention": .no, "hidden_activation": .absent,
  ]

  /// A decoder.
  static func text(_ kind: TextConfig.Kind) -> ConfigMembers {
    var members = ConfigMembers(read: [
      "vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
      "num_key_value_heads", "head_dim", "hidden_act", "rms_norm_eps", "max_position_embeddings",
      "rope_theta",
      "rope_scaling", "rope_parameters", "quantization_config",
    ])
    members.changing = ["bias": .no, "use_bias": .no, "qkv_bias": .no, "mlp_bias": .no, "no_bias": .yes]
    switch kind {
    case .llama:
      members.read.formUnion(["attention_bias", "mlp_bias"])
      // Every layer sees all positions: a window alone is not heeded by transformers either, and is named.
      members.changing.merge(["layer_types": .words(["full_attention"]), "use_sliding_window": .no]) { $1 }
    case .mistral:
      members.read.insert("sliding_window")
      // Which layers those are, `sliding_window` says for all.
      members.changing.merge(["attention_bias": .no, "layer_types": .absent, "use_sliding_window": .yes]) {
        $1
      }
    case .qwen2:
      members.read.formUnion(["use_sliding_window", "sliding_window", "max_window_layers", "layer_types"])
      // Queries, keys and values have biases in every Qwen2, the projection back has none.
      members.changing.merge(["attention_bias": .yes, "qkv_bias": .yes, "no_bias": .no]) { $1 }
    }
    return members
  }

  /// `rope_scaling` or `rope_parameters`.
  static let rope: ConfigMembers = {
    var members = ConfigMembers(read: [
      "rope_type", "type", "rope_theta", "factor", "low_freq_factor", "high_freq_factor",
      "original_max_position_embeddings",
    ])
    // 5.x gives models with two kinds of layers two sets.
    members.changing = ["full_attention": .absent, "sliding_attention": .absent]
    return members
  }()

  /// A vision tower.
  static func vision(_ kind: VisionConfig.Kind) -> ConfigMembers {
    var members = ConfigMembers(read: [
      "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads", "num_channels",
      "image_size",
      "patch_size", "hidden_act", "layer_norm_eps", "quantization_config",
    ])
    if kind == .siglip { members.read.insert("vision_use_head") }
    // CLIP's towers were once saved with sizes of the other half.
    members.harmless = [
      "projection_dim", "projection_size", "vocab_size", "logit_scale_init_value", "vision_use_head",
    ]
    members.changing = [
      "num_register_tokens": .zero, "num_registers": .zero, "qkv_bias": .yes, "attention_bias": .yes,
      "mlp_bias": .yes, "rope_theta": .absent, "rope_parameters": .absent, "rope_scaling": .absent,
      "spatial_merge_size": .one, "window_size": .absent, "use_swiglu_ffn": .no,
      "layer_scale_init_value": .absent,
      "use_class_token": .absent,
    ]
    return members
  }

  /// A whole model.
  static let llava: ConfigMembers = {
    var members = ConfigMembers(read: [
      "vision_config", "text_config", "image_token_index", "image_token_id", "projector_hidden_act",
      "multimodal_projector_bias", "vision_feature_layer", "vision_feature_select_strategy",
      "quantization_config",
    ])
    // Tokens of a picture are counted from its size; `ignore_index` is of the loss; `vocab_size` repeats the decoder's.
    members.harmless = ["image_seq_length", "ignore_index", "vocab_size", "hidden_size"]
    members.changing = [
      "projector_type": .words(["mlp"]), "pixel_shuffle_factor": .one, "image_grid_pinpoints": .absent,
      "use_image_newline_parameter": .no, "downsample_factor": .one, "scale_factor": .one,
      "spatial_merge_size": .one, "perceiver_config": .absent, "qformer_config": .absent,
      "audio_config": .absent,
      // Of the first repository's directories, which transformers reads only after its conversion script.
      "mm_vision_tower": .absent, "mm_projector_type": .absent, "mm_hidden_size": .absent,
    ]
    return members
  }()

  /// A whole model with a projector of our own.
  static let ours: ConfigMembers = {
    var members = llava
    members.read.formUnion(["projector_type", "pixel_shuffle_factor"])
    for name in members.read { members.changing[name] = nil }
    return members
  }()

  /// A CLIP or a SigLIP, of which the vision half is read.
  static let halves = ConfigMembers(
    read: ["vision_config", "vision_config_dict", "quantization_config"],
    harmless: [
      "text_config", "text_config_dict", "projection_dim", "logit_scale_init_value", "vocab_size",
      "hidden_size",
      "initializer_factor",
    ])
}
