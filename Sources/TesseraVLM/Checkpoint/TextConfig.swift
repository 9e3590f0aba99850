internal import TesseraCore

/// A decoder of the Llama family, as `text_config` or a config of its own describes it.
public struct TextConfig: Sendable, Hashable {
  /// Which of the family.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case llama, qwen2, mistral
  }

  public var kind: Kind
  /// Rows of the embedding. A tokenizer may have fewer ids.
  public var vocabularySize: Int
  public var hiddenSize: Int
  public var intermediateSize: Int
  public var layers: Int
  public var heads: Int
  /// Heads of keys and values, each shared by `heads / keyValueHeads` heads of queries.
  public var keyValueHeads: Int
  /// Width of a head; `heads · headSize` may differ from `hiddenSize`.
  public var headSize: Int
  public var activation: Activation
  public var rmsNormEpsilon: Double
  public var ropeTheta: Double
  public var ropeScaling: RopeScaling
  /// Whether the projections to queries, keys and values have biases.
  public var queryKeyValueBias: Bool
  /// Whether the projection back has one: Llama's `attention_bias` means all four, Qwen2 has three.
  public var outputBias: Bool
  public var mlpBias: Bool
  /// Whether the head is the embedding.
  public var isTied: Bool
  /// For each layer how many positions back it sees, itself included; nil for all.
  public var slidingWindows: [Int?]
  public var maxPositions: Int
  public var initializerRange: Double
  public var beginToken: Int?
  /// Ids that end an answer.
  public var endTokens: [Int]
  public var padToken: Int?

  /// A decoder with the size of the kind's config class in transformers.
  public init(_ kind: Kind) {
    self.kind = kind
    (hiddenSize, layers, heads) = (4096, 32, 32)
    vocabularySize = kind == .qwen2 ? 151_936 : 32_000
    intermediateSize = [.llama: 11_008, .qwen2: 22_016, .mistral: 14_336][kind] ?? 11_008
    keyValueHeads = kind == .mistral ? 8 : 32
    headSize = 128
    activation = .silu
    rmsNormEpsilon = 1e-6
    (ropeTheta, ropeScaling) = (10_000, .none)
    (queryKeyValueBias, outputBias, mlpBias) = (kind == .qwen2, false, false)
    isTied = false
    slidingWindows = Array(repeating: kind == .mistral ? 4096 : nil, count: 32)
    maxPositions = [.llama: 2048, .qwen2: 32_768, .mistral: 131_072][kind] ?? 2048
    initializerRange = 0.02
    beginToken = kind == .qwen2 ? nil : 1
    endTokens = kind == .qwen2 ? [] : [2]
    padToken = nil
  }
}

extension TextConfig {
  /// Reads the config; keys that are absent are transformers' defaults.
  init(_ reader: ConfigReader, kind: Kind) throws {
    self.init(kind)
    try reader.refuseQuantized()
    vocabularySize = try reader.int("vocab_size", vocabularySize, in: 1...Bounds.vocabulary)
    hiddenSize = try reader.int("hidden_size", hiddenSize, in: 1...Bounds.width)
    intermediateSize = try reader.int("intermediate_size", intermediateSize, in: 1...Bounds.width)
    layers = try reader.int("num_hidden_layers", layers, in: 1...Bounds.layers)
    heads = try reader.int("num_attention_heads", heads, in: 1...Bounds.heads)
    try readHeads(reader)
    activation = try reader.activation("hidden_act", activation)
    rmsNormEpsilon = try reader.double("rms_norm_eps", rmsNormEpsilon)
    maxPositions = try reader.int("max_position_embeddings", maxPositions)
    initializerRange = try reader.double("initializer_range", initializerRange)
    (ropeTheta, ropeScaling) = try reader.rope(maxPositions: maxPositions)
    if kind == .llama {
      queryKeyValueBias = try reader.bool("attention_bias", false)
      outputBias = queryKeyValueBias
      mlpBias = try reader.bool("mlp_bias", false)
    }
    isTied = try reader.bool("tie_word_embeddings", false)
    slidingWindows = try readWindows(reader)
    try readTokens(reader)
  }

  private mutating func readHeads(_ reader: ConfigReader) throws {
    // Absent: the class's default (Llama's is "as many as heads"); null: as many as heads.
    keyValueHeads =
      kind == .llama || reader.has("num_key_value_heads")
      ? try reader.optionalInt("num_key_value_heads") ?? heads : keyValueHeads
    guard heads % keyValueHeads == 0 else {
      throw reader.wrong(
        "num_key_value_heads", "a divisor of num_attention_heads \(heads)", .int(keyValueHeads))
    }
    let ownSize = try reader.optionalInt("head_dim", in: 1...Bounds.headWidth)
    guard ownSize != nil || hiddenSize % heads == 0 else {
      throw reader.wrong("num_attention_heads", "a divisor of hidden_size \(hiddenSize)", .int(heads))
    }
    headSize = ownSize ?? hiddenSize / heads
    guard headSize % 2 == 0 else {
      throw reader.wrong("head_dim", "an even number (rotary positions turn pairs)", .int(headSize))
    }
  }

  /// Qwen2 asks for windows by `use_sliding_window` from layer `max_window_layers` on, or, in 5.x, by `layer_types`;
  /// Mistral has one for every layer unless it is null.
  private func readWindows(_ reader: ConfigReader) throws -> [Int?] {
    var window: Int?
    switch kind {
    case .llama: return Array(repeating: nil, count: layers)
    case .mistral:
      window = reader.has("sliding_window") ? try reader.optionalInt("sliding_window") : 4096
      return Array(repeating: window, count: layers)
    case .qwen2:
      if try reader.bool("use_sliding_window", false) {
        window = reader.has("sliding_window") ? try reader.optionalInt("sliding_window") : 4096
      }
    }
    let first = try reader.int("max_window_layers", 28, in: 0...Int(Int32.max))
    guard let types = reader["layer_types"] else {
      return (0..<layers).map { $0 >= first ? window : nil }
    }
    guard case .array(let names) = types, names.count == layers else {
      throw reader.wrong("layer_types", "a list of \(layers) words, one a layer", types)
    }
    return try names.map { name in
      switch name {
      case .string("full_attention"): return nil
      case .string("sliding_attention"):
        guard let window else {
          throw reader.wrong("layer_types", "no sliding_attention where use_sliding_window is false", name)
        }
        return window
      default: throw reader.wrong("layer_types", "full_attention or sliding_attention", name)
      }
    }
  }

  private mutating func readTokens(_ reader: ConfigReader) throws {
    let ids = 0...Int(Int32.max)
    if reader.has("bos_token_id") { beginToken = try reader.optionalInt("bos_token_id", in: ids) }
    // Old files say −1 where they mean none.
    if reader.has("pad_token_id") {
      padToken = try reader.optionalInt("pad_token_id", in: -1...Int(Int32.max)).flatMap { $0 < 0 ? nil : $0 }
    }
    guard reader.has("eos_token_id") else { return }
    if case .array(let list)? = reader["eos_token_id"] {
      endTokens = try list.map {
        guard let id = ConfigReader.whole($0), ids.contains(id) else {
          throw reader.wrong("eos_token_id", "ids from 0 on", $0)
        }
        return id
      }
    } else {
      endTokens = try reader.optionalInt("eos_token_id", in: ids).map { [$0] } ?? []
    }
  }
}
