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
      if file == "processor_config.json", try json(file)?["image_processor"] == nil { continue }
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
