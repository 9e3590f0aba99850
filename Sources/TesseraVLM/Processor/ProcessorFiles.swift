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
  package func template() throws -> String? {
    if let bytes = try bytes("chat_template.jinja") { return String(decoding: bytes, as: UTF8.self) }
    for file in ["chat_template.json", "processor_config.json", "tokenizer_config.json"] {
      switch try json(file)?["chat_template"] {
      case .string(let text)?: return text
      case .array(let named)?:
        // Several, by name: the one for no special purpose.
        let standard = named.first { if case .string("default")? = $0["name"] { true } else { false } }
        if case .string(let text)? = standard?["template"] { return text }
      default: break
      }
    }
    return nil
  }

  /// `preprocessor_config.json`, or 5's `processor_config.json` with an image processor in it.
  func images() throws -> Pipeline {
    for file in ["preprocessor_config.json", "processor_config.json"] {
      guard let bytes = try bytes(file) else { continue }
      let value = try json(file)
      if file == "processor_config.json", value?["image_processor"] == nil { continue }
      if let value { try checkSizes(value["image_processor"] ?? value, file) }
      do { return try Pipeline(huggingFace: String(decoding: bytes, as: UTF8.self)) } catch let error
        as TesseraError
      {
        throw error.with(path: "\(path)/\(file)")
      }
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

  /// What `generation_config.json` asks for besides the tokens that end an answer, as `key value`.
  func generationWishes() throws -> [String] {
    guard case .object(let members)? = try json("generation_config.json") else { return [] }
    let neutral: [String: [JSONText]] = [
      "do_sample": [.bool(false)], "temperature": [.double(1), .int(1)], "top_k": [.int(50), .int(0)],
      "top_p": [.double(1), .int(1)], "min_p": [], "repetition_penalty": [.double(1), .int(1)],
      "no_repeat_ngram_size": [.int(0)], "suppress_tokens": [], "begin_suppress_tokens": [],
      "bad_words_ids": [],
      "num_beams": [.int(1)], "min_new_tokens": [.int(0)], "min_length": [.int(0)],
      "typical_p": [.double(1), .int(1)],
      "forced_bos_token_id": [], "forced_eos_token_id": [], "length_penalty": [.double(1), .int(1)],
    ]
    return members.compactMap { name, value in
      guard let usual = neutral[name], !value.isNull else { return nil }
      let text = JSONText(value)
      return usual.contains(text) ? nil : "\(name) \(text.text)"
    }
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
    guard FileIO.size(file) != nil else { return nil }
    return try FileIO.read(file, limit: Self.limit, isRegular: true)
  }

  private func json(_ name: String) throws -> JSONValue? {
    guard let bytes = try bytes(name) else { return nil }
    do { return try JSONReader.read(bytes) } catch let error as TesseraError {
      throw error.with(path: "\(path)/\(name)")
    }
  }
}
