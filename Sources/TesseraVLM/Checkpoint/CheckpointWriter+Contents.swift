internal import TesseraCore

extension CheckpointWriter {
  /// What a directory is to hold.
  struct Contents {
    /// The config's parameters.
    let specs: [ParameterSpec]
    /// Parameters besides.
    let extra: [ParameterSpec]
    /// `config.json` for weights of a type.
    let config: (_ dataType: String) -> [UInt8]
    /// The other files.
    let files: () throws -> [(name: String, bytes: [UInt8])]
    /// Whether the decoder stands alone, and its names begin with it.
    private let isLanguage: Bool

    init(_ config: LlavaConfig, _ extra: [ParameterSpec], _ sideFiles: SideFiles) {
      specs = ExpectedParameters.llava(config)
      self.extra = extra
      self.config = config.json
      files = { try sideFiles.files(for: config) }
      isLanguage = false
    }

    /// - Parameter source: a config whose members that are not ours are kept.
    init(_ config: TextConfig, _ source: JSONValue, _ extra: [ParameterSpec], _ sideFiles: SideFiles) {
      specs = ExpectedParameters.language(config)
      self.extra = extra
      self.config = { config.json(dataType: $0, over: source) }
      files = { try sideFiles.files(for: config) }
      isLanguage = true
    }

    var all: [ParameterSpec] { specs + extra }

    /// What a parameter is called in the file: our names are a whole model's.
    func storedName(_ spec: ParameterSpec) -> String {
      let prefix = "language_model."
      return isLanguage && spec.name.hasPrefix(prefix) ? String(spec.name.dropFirst(prefix.count)) : spec.name
    }
  }
}

extension TextConfig {
  /// `config.json` of a decoder alone, in transformers 4.57's form, which 5.x reads too.
  ///
  /// - Parameter source: a config whose members that are not ours are kept.
  func json(dataType: String, over source: JSONValue) -> [UInt8] {
    let classes: [Kind: String] = [
      .llama: "LlamaForCausalLM", .qwen2: "Qwen2ForCausalLM", .mistral: "MistralForCausalLM",
    ]
    let out = value(source).with("architectures", .array([.string(classes[kind] ?? "")]))
      .with("dtype", .string(dataType)).with("torch_dtype", .string(dataType))
      .with("transformers_version", .string(LlavaConfig.layoutVersion))
    return Array(out.pythonText().utf8)
  }
}
