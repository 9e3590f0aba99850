import Foundation
import TestSupport
import Tessera
import TesseraCore
import TesseraVLM
import Testing

@Suite("members of a config that are not read") struct ConfigMembersTests {
  private func checkpoint(_ directory: String, _ changes: [(String, String)]) throws -> Checkpoint {
    let folder = try TemporaryFolder()
    let source = ParityTests.path(directory)
    try folder.write(
      Array(Data(contentsOf: URL(filePath: "\(source)/model.safetensors"))), "model.safetensors")
    var value = try JSONReader.read(Array(Data(contentsOf: URL(filePath: "\(source)/config.json"))))
    for (key, json) in changes { value = value.setting(key, try JSONReader.read(Array(json.utf8))) }
    try folder.write(JSONText(copying: value).text, "config.json")
    return try Checkpoint(folder.path)
  }

  @Test("no directory that transformers or Tessera wrote has a member that is unknown")
  func known() throws {
    for name in TinyLlava.names + [
      "layout-5x-clip", "layout-5x-siglip", "layout-memory", "sharded", "bf16", "f16", "llama-only",
      "qwen2-only", "clip-only", "siglip-only", "clip-vision-only",
    ] {
      #expect(try Checkpoint(ParityTests.path(name)).notes == [], "\(name)")
    }
    let sample = try Checkpoint(Repository.path("samples/vlm/shapes/model"))
    #expect(sample.notes == [])
  }

  /// As published directories have them: everything here is harmless.
  @Test("members that published configs have besides are passed over")
  func published() throws {
    let members = [
      ("text_config._name_or_path", #""lmsys/vicuna-7b-v1.5""#), ("text_config.torch_dtype", #""float16""#),
      ("text_config.use_mrope", "false"), ("text_config.partial_rotary_factor", "1.0"),
      ("text_config.attn_logit_softcapping", "null"), ("text_config.bad_words_ids", "null"),
      ("text_config.is_decoder", "false"), ("text_config.add_cross_attention", "false"),
      ("text_config.pruned_heads", "{}"), ("text_config.id2label", #"{"0": "LABEL_0"}"#),
      ("text_config.num_beams", "1"), ("text_config.length_penalty", "1.0"),
      ("text_config.rope_interleaved", "false"), ("text_config.sliding_window", "null"),
      ("vision_config.vocab_size", "32000"), ("vision_config.projection_dim", "768"),
      ("vision_config.chunk_size_feed_forward", "0"), ("ignore_index", "-100"),
      ("vocab_size", "32064"), ("_commit_hash", "null"), ("image_seq_length", "576"),
    ]
    #expect(try checkpoint("clip-llama-tied-full", members).notes == [])
  }

  @Test(
    "a member that asks for another computation is an error with file, key, found and expected",
    arguments: [
      ("text_config.attn_logit_softcapping", "50.0"), ("text_config.qk_norm", "true"),
      ("text_config.use_qk_norm", "true"), ("text_config.partial_rotary_factor", "0.5"),
      ("text_config.num_experts", "8"), ("text_config.num_local_experts", "8"),
      ("text_config.layer_types", #"["full_attention","sliding_attention","full_attention"]"#),
      ("text_config.use_mrope", "true"), ("text_config.embedding_multiplier", "12.0"),
      ("text_config.clip_qkv", "8"), ("text_config.is_causal", "false"), ("text_config.alibi", "true"),
      ("text_config.rope_scaling", #"{"rope_type":"linear","factor":4.0,"mrope_section":[8,4,4]}"#),
      ("text_config.no_rope_layers", "[1,0,1]"), ("text_config.qkv_bias", "true"),
      ("vision_config.num_register_tokens", "4"), ("vision_config.rope_theta", "100"),
      ("vision_config.qkv_bias", "false"), ("image_grid_pinpoints", "[[336,672]]"),
      ("mm_vision_tower", #""openai/clip-vit-large-patch14-336""#),
      ("projector_type", #""pixel_shuffle""#), ("qformer_config", "{}"),
    ])
  func changing(_ key: String, _ json: String) throws {
    let text = message { _ = try checkpoint("clip-llama-tied-full", [(key, json)]) }
    let name = key.split(separator: ".").last ?? ""
    #expect(text.contains("config.json: "), "\(text)")
    #expect(text.contains("\(name)") || text.contains("mrope_section"), "\(text)")
    #expect(text.contains("absent") && text.contains(", got "), "\(text)")
    // Just as bad where the config alone is read.
    let base = try JSONReader.read(
      Array(Data(contentsOf: URL(filePath: ParityTests.path("clip-llama-tied-full") + "/config.json"))))
    let changed = base.setting(key, try JSONReader.read(Array(json.utf8)))
    #expect(throws: TesseraError.self) {
      try ModelConfig(json: Array(JSONText(copying: changed).text.utf8), file: "config.json")
    }
  }

  @Test("biases are those of the kind: a Qwen2 without, a Mistral with them is another model")
  func biases() throws {
    #expect(try checkpoint("qwen2-only", [("attention_bias", "true")]).notes == [])
    let text = message { _ = try checkpoint("qwen2-only", [("attention_bias", "false")]) }
    #expect(text.contains("attention_bias must be true, or absent") && text.contains("got false"), "\(text)")
    for (key, value) in [("attention_bias", "true"), ("mlp_bias", "true"), ("use_sliding_window", "false")] {
      let mistral = #"{"model_type":"mistral","\#(key)":\#(value)}"#
      #expect(throws: TesseraError.self) { try ModelConfig(json: Array(mistral.utf8), file: "config.json") }
    }
  }

  @Test("what nobody knows is named with its value, and the model is read")
  func unknown() throws {
    let notes = try checkpoint(
      "siglip-llama-tied-full",
      [
        ("text_config.brand_new_gate", "0.25"), ("vision_config.stripes", #""many""#), ("colour", "[1]"),
        ("text_config.nothing", "null"), ("text_config.attention_dropout", "0.1"),
      ]
    ).notes
    #expect(
      notes.contains { $0.hasSuffix("not known here, and not applied: text_config.brand_new_gate 0.25") })
    #expect(notes.contains { $0.hasSuffix(#"not applied: vision_config.stripes "many""#) })
    #expect(notes.contains { $0.hasSuffix("not applied: colour [1]") })
    #expect(notes.contains { $0.contains("text_config.attention_dropout 0.1 is not applied") })
    #expect(notes.count == 4 && notes.allSatisfy { $0.contains("/config.json: ") }, "\(notes)")
  }

  @Test("where keys do not fit, what is unknown is said with them: it may be why")
  func reasons() throws {
    let changes = [("text_config.num_hidden_layers", "4"), ("text_config.brand_new_gate", "1")]
    let text = message { _ = try checkpoint("clip-llama-tied-full", changes) }
    #expect(text.contains("missing") && text.contains("brand_new_gate 1"), "\(text)")
  }

  @Test("a directory without a config says what to give")
  func absent() throws {
    let folder = try TemporaryFolder()
    try folder.write("x", "file")
    try folder.write("{}", "adapter/adapter_config.json")
    try folder.write("x", "cache/snapshots/1/x")
    for (name, word) in [
      ("", "save_pretrained"), ("/file", "is a file"), ("/none", "no such directory"),
      ("/adapter", "merge it"), ("/cache", "snapshots"),
    ] {
      let text = message { _ = try Checkpoint(folder.path + name) }
      #expect(text.contains("config.json") && text.contains(word), "\(text)")
    }
  }
}
