internal import TesseraCore

/// What a directory's `generation_config.json` asks for.
///
/// Meant as transformers' `generate` takes it: without `do_sample` the likeliest token is taken each time, whatever
/// temperature and the like are there; with it, what is absent has transformers' standard.
public struct GenerationSettings: Sendable, Hashable {
  /// What errors and remarks call the file.
  public var file: String
  /// `do_sample`.
  public var samples = false
  public var temperature: Double?
  /// 0 for all tokens.
  public var topK: Int?
  public var topP: Double?
  public var minP: Double?
  public var repetitionPenalty: Double?
  public var maxNewTokens: Int?
  /// What it asks for besides and is not done, as `key value`: to be printed.
  public var notDone: [String] = []

  /// Settings that ask for nothing.
  public init(file: String) { self.file = file }

  /// transformers draws from so many of the likeliest where `do_sample` says nothing else.
  static let standardTopK = 50
}

extension GenerationSettings {
  /// - Throws: `invalidArgument` with the file, the key, what is expected and what was found.
  init(_ value: JSONValue, file: String) throws {
    self.init(file: file)
    let reader = try ConfigReader(value, file: file)
    samples = try reader.bool("do_sample", false)
    temperature = try Self.number(reader, "temperature", "a number of 0 or more") { $0 >= 0 }
    topK = try reader.optionalInt("top_k", in: 0...Int(Int32.max))
    topP = try Self.number(reader, "top_p", "a number above 0 and at most 1") { $0 > 0 && $0 <= 1 }
    minP = try Self.number(reader, "min_p", "a number of 0 or more, below 1") { $0 >= 0 && $0 < 1 }
    repetitionPenalty = try Self.number(reader, "repetition_penalty", "a number above 0") { $0 > 0 }
    maxNewTokens = try reader.optionalInt("max_new_tokens")
    notDone = reader.all.compactMap { name, value in
      guard let usual = Self.others[name], !value.isNull else { return nil }
      let text = JSONText(value)
      return usual.contains(text) ? nil : "\(name) \(reader.short(value))"
    }
  }

  private static func number(
    _ reader: ConfigReader, _ key: String, _ expected: String, _ isRight: (Double) -> Bool
  ) throws -> Double? {
    switch reader[key] {
    case nil: return nil
    case .int(let number)? where isRight(Double(number)): return Double(number)
    case .double(let number)? where number.isFinite && isRight(number): return number
    case let found: throw reader.wrong(key, expected, found)
    }
  }

  /// What is not done, with the values that ask for nothing.
  private static let others: [String: [JSONText]] = [
    "num_beams": [.int(1)], "num_beam_groups": [.int(1)], "penalty_alpha": [.int(0), .double(0)],
    "num_return_sequences": [.int(1)], "no_repeat_ngram_size": [.int(0)],
    "encoder_no_repeat_ngram_size": [.int(0)], "encoder_repetition_penalty": [.int(1), .double(1)],
    "suppress_tokens": [.array([])], "begin_suppress_tokens": [.array([])], "bad_words_ids": [.array([])],
    "min_new_tokens": [.int(0)], "min_length": [.int(0)], "max_length": [.int(20)], "max_time": [],
    "stop_strings": [], "typical_p": [.double(1), .int(1)], "epsilon_cutoff": [.int(0), .double(0)],
    "eta_cutoff": [.int(0), .double(0)], "top_h": [], "guidance_scale": [.double(1), .int(1)],
    "sequence_bias": [], "forced_bos_token_id": [], "forced_eos_token_id": [], "watermarking_config": [],
    "length_penalty": [.double(1), .int(1)], "exponential_decay_length_penalty": [],
    "diversity_penalty": [.int(0), .double(0)], "prompt_lookup_num_tokens": [], "dola_layers": [],
    "renormalize_logits": [.bool(false)], "constraints": [], "force_words_ids": [],
  ]
}

extension GenerationSettings {
  /// What the user asks for; nil where the directory decides.
  public struct Wishes: Sendable, Hashable {
    public var maxNewTokens: Int?
    /// 0 takes the likeliest token each time.
    public var temperature: Double?
    /// 0 for all tokens.
    public var topK: Int?
    public var topP: Double?
    public var minP: Double?
    public var repetitionPenalty: Double?

    public init() {}
  }

  /// The options of an answer: the user's wishes, else the file's, else the standard.
  ///
  /// - Returns: the options, and what was taken from the file, as `key value`: to be printed.
  /// - Throws: `invalidArgument` with the file where it asks to draw at temperature 0, or the wishes contradict each
  ///   other.
  public func options(_ wishes: Wishes) throws -> (options: GenerationOptions, taken: [String]) {
    var options = GenerationOptions()
    var taken: [String] = []
    /// A wish, or the file's value, which is remembered unless it is what would be done anyway.
    func choose<T: Equatable>(_ wish: T?, _ own: T?, _ name: String, _ standard: T, _ note: String = "") -> T
    {
      if let wish { return wish }
      guard let own else { return standard }
      if own != standard { taken.append("\(name) \(own)\(note)") }
      return own
    }
    options.maxNewTokens = choose(wishes.maxNewTokens, maxNewTokens, "max_new_tokens", options.maxNewTokens)
    options.repetitionPenalty = choose(wishes.repetitionPenalty, repetitionPenalty, "repetition_penalty", 1)
    if let temperature = wishes.temperature { options.temperature = temperature }
    let draws = wishes.temperature.map { $0 > 0 } ?? samples
    guard draws else {
      // Without drawing these have no meaning: from a user they are a mistake, which `validate` names.
      (options.topK, options.topP, options.minP) = (
        wishes.topK.flatMap { $0 == 0 ? nil : $0 }, wishes.topP ?? 1, wishes.minP ?? 0
      )
      try options.validate()
      return (options, taken)
    }
    if wishes.temperature == nil {
      taken.append("do_sample true")
      guard temperature != 0 else {
        throw TesseraError(
          .invalidArgument(
            name: "temperature", expected: "above 0 where do_sample is true (or give --temperature)", got: "0"
          ),
          path: file)
      }
      options.temperature = choose(nil, temperature, "temperature", 1)
    }
    // The standard counts where the file asks for drawing; who asks for it himself says from how many.
    let standard = samples ? Self.standardTopK : 0
    let isImplied = topK == nil && samples
    let count = choose(
      wishes.topK, topK ?? standard, "top_k", 0, isImplied ? " (transformers' standard)" : "")
    options.topK = count == 0 ? nil : count
    options.topP = choose(wishes.topP, topP, "top_p", 1)
    options.minP = choose(wishes.minP, minP, "min_p", 0)
    try options.validate()
    return (options, taken)
  }
}
