internal import TesseraCore

/// PEFT's `adapter_config.json`.
enum PEFTConfig {
  static let name = "adapter_config.json"

  /// Settings that say nothing of what an adapter computes, or are read.
  private static let known: Set<String> = [
    // Read.
    "peft_type", "r", "lora_alpha", "use_rslora", "target_modules", "exclude_modules", "layers_to_transform",
    "layers_pattern", "rank_pattern", "alpha_pattern", "modules_to_save", "lora_dropout", "bias",
    "init_lora_weights",
    // Of where it comes from and what it is for.
    "auto_mapping", "base_model_name_or_path", "inference_mode", "peft_version", "revision", "task_type",
    // Of how it began: those ways that change the model's own weights are refused by init_lora_weights.
    "loftq_config", "eva_config", "corda_config", "lora_ga_config",
    // Without effect on linear layers, or without the setting that they belong to.
    "fan_in_fan_out", "megatron_core", "qalora_group_size", "ensure_weight_tying", "runtime_config",
  ]

  /// - Throws: `corrupt`, `invalidArgument` for wrong values, `unsupported` for what PEFT can and this cannot.
  static func read(_ bytes: [UInt8], file: String) throws -> LoRAConfig {
    let value: JSONValue
    do { value = try JSONReader.read(bytes) } catch let error as TesseraError { throw error.with(path: file) }
    let reader = try ConfigReader(value, file: file)
    try refuse(value, reader)
    var config = LoRAConfig()
    config.rank = try reader.int("r", 8, in: 1...1 << 20)
    config.alpha = try reader.double("lora_alpha", 8)
    config.usesRootScaling = try reader.bool("use_rslora", false)
    config.dropout = try reader.double("lora_dropout", 0, above: -Double.leastNonzeroMagnitude)
    guard config.dropout < 1 else { throw reader.wrong("lora_dropout", "below 1", value["lora_dropout"]) }
    config.targets = try targets(reader)
    config.modulesToSave = try names("modules_to_save", reader) ?? []
    config.rankPattern = try overrides("rank_pattern", reader, "a whole number from 1 to 1048576") {
      ConfigReader.whole($0).flatMap { (1...1 << 20).contains($0) ? $0 : nil }
    }
    config.alphaPattern = try overrides("alpha_pattern", reader, "a number above 0") { value in
      switch value {
      case .int(let number) where number > 0: Double(number)
      case .double(let number) where number > 0 && number.isFinite: number
      default: nil
      }
    }
    return config
  }

  // MARK: what cannot be read

  private static func refuse(_ value: JSONValue, _ reader: ConfigReader) throws {
    func unsupported(_ feature: String) -> TesseraError {
      TesseraError(.unsupported(format: "PEFT adapters", feature: feature), path: reader.file)
    }
    guard let type = try reader.string("peft_type") else {
      throw reader.wrong("peft_type", "\"LORA\"", value["peft_type"])
    }
    guard type == "LORA" else { throw unsupported("peft_type \"\(type)\" (LORA is)") }
    if let bias = try reader.string("bias"), bias != "none" {
      throw unsupported("bias \"\(bias)\" (trained biases change the model under the adapter; none is)")
    }
    switch reader["init_lora_weights"] {
    case nil, .bool?, .string("gaussian")?, .string("eva")?, .string("orthogonal")?: break
    case let other?:
      throw unsupported(
        "init_lora_weights \(JSONText(other).text) (it changes the model's own weights: convert it with "
          + "save_pretrained(path_initial_model_for_weight_conversion=…))")
    }
    guard case .object(let members) = value else { return }
    if let (name, setting) = members.first(where: { !known.contains($0.name) && !isOff($0.value) }) {
      let text = JSONText(setting).text
      throw unsupported("the setting \(name) (\(text.count > 40 ? "\(text.prefix(40))…" : text))")
    }
  }

  /// Whether a setting's value says that what it sets is not used.
  private static func isOff(_ value: JSONValue) -> Bool {
    switch value {
    case .null, .bool(false): true
    case .array(let values): values.isEmpty
    case .object(let members): members.isEmpty
    default: false
    }
  }

  // MARK: which modules

  private static func targets(_ reader: ConfigReader) throws -> LoRATargets {
    guard let choice = try choice("target_modules", reader) else {
      throw reader.wrong("target_modules", "a list of names, an expression, or \"all-linear\"", nil)
    }
    var targets = LoRATargets(choice)
    targets.excluded = try self.choice("exclude_modules", reader)
    if case .allLinear? = targets.excluded {
      throw reader.wrong("exclude_modules", "a list of names or an expression", reader["exclude_modules"])
    }
    targets.layers = try layers(reader)
    if targets.layers != nil {
      guard case .names = choice else {
        throw reader.wrong(
          "layers_to_transform", "nothing unless target_modules is a list", reader["layers_to_transform"])
      }
    }
    if case .string(let name)? = reader["layers_pattern"] {
      targets.layerNames = name.isEmpty ? [] : [name]
    } else {
      targets.layerNames = try names("layers_pattern", reader) ?? []
    }
    return targets
  }

  private static func layers(_ reader: ConfigReader) throws -> [Int]? {
    guard let found = reader["layers_to_transform"] else { return nil }
    let values = if case .array(let values) = found { values } else { [found] }
    return try values.isEmpty
      ? nil
      : values.map {
        try ConfigReader.whole($0)
          ?? { throw reader.wrong("layers_to_transform", "a whole number or a list of them", found) }()
      }
  }

  private static func choice(_ key: String, _ reader: ConfigReader) throws -> LoRATargets.Choice? {
    if case .string(let text)? = reader[key] {
      return text.lowercased() == "all-linear" ? .allLinear : .pattern(text)
    }
    return try names(key, reader).map { .names($0) }
  }

  private static func names(_ key: String, _ reader: ConfigReader) throws -> [String]? {
    guard let found = reader[key] else { return nil }
    guard case .array(let values) = found else { throw reader.wrong(key, "a list of names", found) }
    return try values.map {
      guard case .string(let name) = $0 else { throw reader.wrong(key, "a list of names", found) }
      return name
    }
  }

  private static func overrides<Value>(
    _ key: String, _ reader: ConfigReader, _ expected: String, _ read: (JSONValue) -> Value?
  ) throws -> [LoRAConfig.Override<Value>] {
    guard let found = reader[key] else { return [] }
    guard case .object(let members) = found else { throw reader.wrong(key, "an object", found) }
    return try members.map { name, value in
      guard let number = read(value) else { throw reader.wrong("\(key).\(name)", expected, value) }
      return LoRAConfig.Override(name, number)
    }
  }

  // MARK: writing

  /// The settings that PEFT 0.18 and 0.21 know alike, sorted, as PEFT writes them.
  ///
  /// - Parameters:
  ///   - config: its targets are not `parts`, which PEFT has no word for.
  ///   - base: the directory of the model, as its user calls it.
  static func json(_ config: LoRAConfig, base: String?) -> [UInt8] {
    func number(_ value: Double) -> JSONValue { Int(exactly: value).map { .int($0) } ?? .double(value) }
    func list(_ names: [String]) -> JSONValue { .array(names.map { .string($0) }) }
    let own = config.targets
    func words(_ choice: LoRATargets.Choice) -> JSONValue {
      switch choice {
      case .names(let names): list(names)
      case .pattern(let text): .string(text)
      case .allLinear: .string("all-linear")
      case .parts: preconditionFailure("parts of a model have no name in PEFT")
      }
    }
    let members: [(name: String, value: JSONValue)] = [
      ("alpha_pattern", .object(config.alphaPattern.map { ($0.pattern, number($0.value)) })),
      ("auto_mapping", .null), ("base_model_name_or_path", base.map { .string($0) } ?? .null),
      ("bias", .string("none")), ("exclude_modules", own.excluded.map(words) ?? .null),
      ("fan_in_fan_out", .bool(false)),
      ("inference_mode", .bool(true)), ("init_lora_weights", .bool(true)),
      ("layers_pattern", own.layerNames.isEmpty ? .null : list(own.layerNames)),
      ("layers_to_transform", own.layers.map { .array($0.map { .int($0) }) } ?? .null),
      ("loftq_config", .object([])), ("lora_alpha", number(config.alpha)),
      ("lora_dropout", .double(config.dropout)), ("megatron_config", .null),
      ("megatron_core", .string("megatron.core")),
      ("modules_to_save", config.modulesToSave.isEmpty ? .null : list(config.modulesToSave)),
      ("peft_type", .string("LORA")), ("r", .int(config.rank)),
      ("rank_pattern", .object(config.rankPattern.map { ($0.pattern, .int($0.value)) })), ("revision", .null),
      ("target_modules", words(own.choice)), ("task_type", .string("CAUSAL_LM")), ("use_dora", .bool(false)),
      ("use_rslora", .bool(config.usesRootScaling)),
    ]
    return Array(JSONValue.object(members).pythonText().utf8)
  }
}
