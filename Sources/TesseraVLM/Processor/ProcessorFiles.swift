internal import TesseraCore
internal import TesseraData
package import TesseraText
internal import TesseraTransforms

/// The files of a processor in a directory, in the forms of transformers 4 and 5.
package struct ProcessorFiles {
  package let path: String

  /// No file but a tokenizer's comes near it.
  private static let limit = 256 << 20

  package init(_ path: String) { self.path = path }

  package func tokenizer() throws -> Tokenizer {
    let file = "\(path)/tokenizer.json"
    guard let bytes = try bytes("tokenizer.json") else {
      throw TesseraError(
        .io(
          operation: "open", code: 2,
          message:
            "no tokenizer.json (a slow tokenizer's files are not read: save it with transformers' fast one)"),
        path: file)
    }
    do { return try Tokenizer(json: bytes) } catch let error as TesseraError { throw error.with(path: file) }
  }

  /// `chat_template.jinja`, or a member of `chat_template.json`, `processor_config.json` or `tokenizer_config.json`.
  package func template() throws -> (text: String, file: String)? {
    if let bytes = try bytes("chat_template.jinja") {
      return (String(decoding: bytes, as: UTF8.self), "\(path)/chat_template.jinja")
    }
    for file in ["chat_template.json", "processor_config.json", "tokenizer_config.json"] {
      switch try json(file)?["chat_template"] {
      case .string(let text)?: return (text, "\(path)/\(file)")
      case .array(let named)?:
        // Several, by name: the one for no special purpose.
        let standard = named.first { if case .string("default")? = $0["name"] { true } else { false } }
        if case .string(let text)? = standard?["template"] { return (text, "\(path)/\(file)") }
      default: break
      }
    }
    return nil
  }

  /// `preprocessor_config.json`, or 5's `processor_config.json` with an image processor in it.
  func images() throws -> (pipeline: Pipeline, file: String) {
    for file in ["preprocessor_config.json", "processor_config.json"] {
      guard let bytes = try bytes(file) else { continue }
      let value = try json(file)
      if file == "processor_config.json", value?["image_processor"] == nil { continue }
      if let value { try checkSizes(value["image_processor"] ?? value, file) }
      let place = "\(path)/\(file)"
      do { return (try Pipeline(huggingFace: String(decoding: bytes, as: UTF8.self)), place) } catch let error
        as TesseraError
      { throw error.with(path: place) }
    }
    throw TesseraError(
      .io(
        operation: "open", code: 2,
        message: "no preprocessor_config.json: how pictures are prepared is not said"),
      path: path)
  }

  /// The longest side that a picture may be brought to: no tower has so many patches, and a file that lies must not
  /// ask for memory.
  private static let longestSide = 8192

  private func checkSizes(_ value: JSONValue, _ file: String) throws {
    // Qwen2-VL's edges are areas.
    if case .string(let kind)? = value["image_processor_type"], kind.hasPrefix("Qwen") { return }
    for name in ["size", "crop_size", "pad_size"] {
      var sides: [(String, JSONValue)] = []
      if case .object(let members)? = value[name] {
        // Pixels of a whole picture have a bound of their own.
        sides = members.filter { !$0.name.hasSuffix("_pixels") && !$0.name.hasSuffix("_edge_max") }
          .map { ("\(name).\($0.name)", $0.value) }
      } else if let side = value[name] {
        sides = [(name, side)]
      }
      for case (let key, .int(let side)) in sides where side > Self.longestSide {
        throw TesseraError(
          .limitExceeded(what: "\(key), in pixels", limit: Self.longestSide, found: side),
          path: "\(path)/\(file)")
      }
    }
  }

  /// `processor_config.json` says too how many tokens a picture becomes, and transformers writes so many into a prompt:
  /// as many as the model makes, or nothing fits.
  ///
  /// - Throws: `invalidInput` with both files' values where they differ.
  func checkTokens(_ config: LlavaConfig) throws {
    guard config.projector == .mlp, let value = try json("processor_config.json"), case .object = value else {
      return
    }
    let file = "\(path)/processor_config.json"
    let reader = try ConfigReader(value, file: file)
    guard let patch = try reader.optionalInt("patch_size"),
      let added = try reader.optionalInt("num_additional_image_tokens", in: 0...1 << 20),
      let selection = try reader.string("vision_feature_select_strategy")
    else { return }
    let side = config.vision.imageSize / patch
    let count = side * side + added - (selection == FeatureSelection.withoutFirst.rawValue ? 1 : 0)
    guard count != config.imageTokens else { return }
    let vision = config.vision
    throw TesseraError(
      .invalidInput(
        operation: "a picture",
        expected:
          "\(config.imageTokens) tokens, as config.json says (image_size \(vision.imageSize), patch_size "
          + "\(vision.patchSize), \(vision.kind.rawValue), \"\(config.featureSelection.rawValue)\")",
        got: "\(count) by patch_size \(patch), num_additional_image_tokens \(added), \"\(selection)\""),
      path: file)
  }

  /// `generation_config.json`.
  func generation() throws -> GenerationSettings {
    let file = "\(path)/generation_config.json"
    guard let value = try json("generation_config.json") else { return GenerationSettings(file: file) }
    return try GenerationSettings(value, file: file)
  }

  /// `bos_token`, `eos_token`, `pad_token` … as texts.
  func tokenNames() throws -> [String: String] {
    var names: [String: String] = [:]
    for file in ["special_tokens_map.json", "tokenizer_config.json"] {
      guard let value = try json(file) else { continue }
      for name in ["bos_token", "eos_token", "pad_token", "unk_token"] {
        switch value[name] {
        case .string(let text)?: names[name] = text
        case .object?:
          if case .string(let text)? = value[name]?["content"] { names[name] = text }
        default: break
        }
      }
    }
    return names
  }

  /// `eos_token_id` of `generation_config.json`; nil where it says none.
  func endTokens() throws -> [Int]? {
    switch try json("generation_config.json")?["eos_token_id"] {
    case .int(let id)?: [id]
    case .array(let ids)?: ids.compactMap { if case .int(let id) = $0 { id } else { nil } }
    default: nil
    }
  }

  private func bytes(_ name: String) throws -> [UInt8]? {
    let file = "\(path)/\(name)"
    guard try FileIO.sizeIfThere(file) != nil else { return nil }
    return try FileIO.read(file, limit: Self.limit, isRegular: true)
  }

  private func json(_ name: String) throws -> JSONValue? {
    guard let bytes = try bytes(name) else { return nil }
    do { return try JSONReader.read(bytes) } catch let error as TesseraError {
      throw error.with(path: "\(path)/\(name)")
    }
  }
}
