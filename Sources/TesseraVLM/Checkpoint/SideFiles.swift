internal import TesseraCore
internal import TesseraData

/// The files beside config and weights: copied where a source has them, in transformers 4's form; written where it
/// does not.
public struct SideFiles: Sendable {
  /// The directory whose tokenizer, template and generation settings are taken.
  public var directory: String?
  /// The directory whose `preprocessor_config.json` is taken; nil for the same.
  public var visionDirectory: String?
  /// Files that count more than any source's, by their names: a tokenizer with new tokens, a template.
  public var replacements: [String: [UInt8]]
  /// Whether ids of a source's generation settings stay; false where the config's are newer.
  var keepsGenerationTokens = true

  /// Files copied from a directory; without one all are written anew.
  public init(
    from directory: String? = nil, vision: String? = nil, replacements: [String: [UInt8]] = [:]
  ) {
    (self.directory, visionDirectory, self.replacements) = (directory, vision, replacements)
  }

  /// Files of slow tokenizers and the like, copied as they are where they exist.
  private static let copied = [
    "tokenizer.json", "tokenizer.model", "vocab.json", "merges.txt", "added_tokens.json",
  ]
  /// A tokenizer of a million tokens has about 80 MB.
  static let limit = 1 << 28

  /// Names and bytes of all files.
  ///
  /// - Throws: `io`, `corrupt` or `truncated` for a source that is no JSON.
  package func files(for config: LlavaConfig) throws -> [(name: String, bytes: [UInt8])] {
    var files: [String: [UInt8]] = [:]
    for name in Self.copied { files[name] = try bytes(name) }
    if let settings = try tokenizerConfig(config) {
      files["tokenizer_config.json"] = encode(settings)
      files["special_tokens_map.json"] =
        try bytes("special_tokens_map.json") ?? encode(Self.tokensMap(settings))
    }
    files["chat_template.jinja"] = try template() ?? Array(ChatTemplateText.llava.utf8)
    files["preprocessor_config.json"] = encode(try preprocessor(config))
    files["processor_config.json"] = encode(try processor(config))
    files["generation_config.json"] = encode(try generation(config.text))
    return all(files)
  }

  /// Names and bytes of the files of a decoder alone: no pictures, and no template that it has not.
  ///
  /// - Throws: as for a whole model.
  package func files(for config: TextConfig) throws -> [(name: String, bytes: [UInt8])] {
    var files: [String: [UInt8]] = [:]
    for name in Self.copied { files[name] = try bytes(name) }
    let tokenizer = try replaced("tokenizer.json").map { try TokenizerFacts($0.bytes, file: $0.path) }
    let own = try Self.object(replaced("tokenizer_config.json")).map {
      TokenizerConfig.version4($0, tokenizer)
    }
    if let settings = own ?? tokenizer.map({ TokenizerConfig.new(config, $0) }) {
      files["tokenizer_config.json"] = encode(settings)
      files["special_tokens_map.json"] =
        try bytes("special_tokens_map.json") ?? encode(Self.tokensMap(settings))
    }
    files["chat_template.jinja"] = try template()
    files["generation_config.json"] = encode(try generation(config))
    return all(files)
  }

  private func all(_ files: [String: [UInt8]]) -> [(name: String, bytes: [UInt8])] {
    files.merging(replacements) { $1 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  // MARK: sources

  /// A file's bytes: the replacement, else the source's; nil where there is none.
  private func bytes(_ name: String) throws -> [UInt8]? { try replaced(name)?.bytes }

  private func replaced(_ name: String) throws -> (bytes: [UInt8], path: String)? {
    if let bytes = replacements[name] { return (bytes, name) }
    return try Self.read(name, directory)
  }

  private static func read(_ name: String, _ directory: String?) throws -> (bytes: [UInt8], path: String)? {
    guard let directory, try FileIO.sizeIfThere("\(directory)/\(name)") != nil else { return nil }
    let path = "\(directory)/\(name)"
    return (try FileIO.read(path, limit: limit, isRegular: true), path)
  }

  private static func object(_ file: (bytes: [UInt8], path: String)?) throws -> JSONValue? {
    guard let file else { return nil }
    do {
      let value = try JSONReader.read(file.bytes)
      guard case .object = value else {
        throw TesseraError(.corrupt(format: "JSON", detail: "expected an object, found \(value.kind)"))
      }
      return value
    } catch let error as TesseraError { throw error.with(path: file.path) }
  }

  private func encode(_ value: JSONValue) -> [UInt8] { Array(value.pythonText().utf8) }

  // MARK: tokenizer

  /// `tokenizer_config.json` in 4's form; nil where there is no tokenizer at all.
  func tokenizerConfig(_ config: LlavaConfig) throws -> JSONValue? {
    let tokenizer = try replaced("tokenizer.json").map { try TokenizerFacts($0.bytes, file: $0.path) }
    if let own = try Self.object(replaced("tokenizer_config.json")) {
      return TokenizerConfig.version4(own, tokenizer)
    }
    return tokenizer.map { TokenizerConfig.new(config, $0) }
  }

  static func tokensMap(_ settings: JSONValue) -> JSONValue {
    let names = [
      "bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token", "mask_token",
      "additional_special_tokens",
    ]
    return .object(
      names.compactMap { name in settings[name].flatMap { $0.isNull ? nil : (name: name, value: $0) } })
  }

  /// The template: a file of its own, or, in older directories, a member of another; nil where there is none.
  private func template() throws -> [UInt8]? {
    if let own = try bytes("chat_template.jinja") { return own }
    for name in ["chat_template.json", "processor_config.json", "tokenizer_config.json"] {
      if case .string(let text)? = try Self.object(replaced(name))?["chat_template"] {
        return Array(text.utf8)
      }
    }
    return nil
  }

  // MARK: pictures

  private func preprocessor(_ config: LlavaConfig) throws -> JSONValue {
    let source = visionDirectory ?? directory
    let own =
      try Self.object(Self.read("preprocessor_config.json", source))
      // 5.x keeps it inside of the processor's.
      ?? Self.object(Self.read("processor_config.json", source))?["image_processor"]
    guard let own, case .object = own else { return ProcessorText.preprocessor(config.vision) }
    var out = own.with("processor_class", .string("LlavaProcessor"))
    // 5.x's names of classes that 4.57 does not know.
    if case .string(let type)? = out["image_processor_type"], type.hasSuffix("Pil") {
      out = out.with("image_processor_type", .string(String(type.dropLast(3))))
    }
    return out
  }

  private func processor(_ config: LlavaConfig) throws -> JSONValue {
    let own = try Self.object(Self.read("processor_config.json", directory)) ?? .object([])
    var out = own.without("image_processor").without("chat_template")
    if out["image_token"] == nil { out = out.with("image_token", .string(ProcessorText.imageToken)) }
    out = out.with("processor_class", .string("LlavaProcessor"))
    out = out.with("num_additional_image_tokens", .int(config.vision.hasClassToken ? 1 : 0))
    out = out.with("patch_size", .int(config.vision.patchSize))
    return out.with("vision_feature_select_strategy", .string(config.featureSelection.rawValue))
  }

  private func generation(_ text: TextConfig) throws -> JSONValue {
    let fresh = ProcessorText.generation(text)
    guard let own = try Self.object(Self.read("generation_config.json", directory)) else { return fresh }
    guard !keepsGenerationTokens, case .object(let members) = fresh else { return own }
    // More ids may end an answer than the config says; of the others the config's are newer.
    let newer = members.filter { $0.name == "pad_token_id" }
    return newer.reduce(own) { $0.with($1.name, $1.value) }
  }
}
