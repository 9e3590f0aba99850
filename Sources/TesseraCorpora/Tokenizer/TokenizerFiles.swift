internal import TesseraCore
internal import TesseraData
public import TesseraText

/// A tokenizer that was made, and the files that transformers loads it from.
public struct TokenizerFiles: Sendable {
  public let tokenizer: Tokenizer
  public let template: TokenizerTemplate
  /// In the order of their ids.
  public let specialTokens: [String]
  public let pad: String
  public let beginning: String
  public let end: String
  public let image: String

  /// The ids of the roles.
  public var padID: Int { id(pad) }
  public var beginningID: Int { id(beginning) }
  public var endID: Int { id(end) }
  public var imageID: Int { id(image) }

  /// Special tokens are the first of the vocabulary.
  private func id(_ token: String) -> Int { specialTokens.firstIndex(of: token) ?? 0 }

  /// What a template is rendered with.
  public var chatTokens: ChatTokens {
    ChatTokens(bos: beginning, eos: end, image: image, special: specialTokens)
  }

  /// Names and bytes of all files, in the form of transformers 4, which 5 reads too.
  public var files: [(name: String, bytes: [UInt8])] {
    [
      ("chat_template.jinja", Array(template.jinja.utf8)),
      ("special_tokens_map.json", Self.lines(map)),
      ("tokenizer.json", tokenizer.json()),
      ("tokenizer_config.json", Self.lines(config)),
    ]
  }

  /// Writes the files into a folder, which is made if there is none. Each is written aside and renamed.
  ///
  /// - Parameter replaces: whether a tokenizer that lies there is written over.
  /// - Throws: `invalidArgument` for a folder with a tokenizer that must stay; `io`.
  public func write(to folder: String, replaces: Bool = false) throws {
    guard try replaces || FileIO.sizeIfThere("\(folder)/tokenizer.json") == nil else {
      throw TesseraError(
        .invalidArgument(
          name: "the destination", expected: "a folder without a tokenizer, or --replace",
          got: "one with a tokenizer.json"),
        path: folder, stage: .write)
    }
    try FileIO.makeFolder(folder)
    for file in files { try AtomicFile.write(file.bytes, to: "\(folder)/\(file.name)") }
  }

  // MARK: JSON

  private var map: [(key: String, value: JSONText)] {
    [
      ("additional_special_tokens", others), ("bos_token", .string(beginning)), ("eos_token", .string(end)),
      ("pad_token", .string(pad)),
    ]
  }

  /// Special tokens without a role of their own in transformers.
  private var others: JSONText {
    .array(specialTokens.filter { ![pad, beginning, end].contains($0) }.map { .string($0) })
  }

  private var config: [(key: String, value: JSONText)] {
    let tokens = specialTokens.enumerated().map { id, token in
      (
        key: String(id),
        value: JSONText.object([
          ("content", .string(token)), ("lstrip", false), ("normalized", false), ("rstrip", false),
          ("single_word", false), ("special", true),
        ])
      )
    }
    return [
      ("added_tokens_decoder", .object(tokens)), ("additional_special_tokens", others),
      ("bos_token", .string(beginning)), ("clean_up_tokenization_spaces", false), ("eos_token", .string(end)),
      // What LlavaProcessor asks its tokenizer for.
      ("extra_special_tokens", .object([("image_token", .string(image))])),
      // 4's general class gives `token_type_ids` too unless it is told not to, and a LLaVA refuses them.
      ("model_input_names", .array(["input_ids", "attention_mask"])),
      // No model is known yet; transformers' own figure for "no limit".
      ("model_max_length", .int(1_000_000_000)), ("pad_token", .string(pad)), ("padding_side", "right"),
      ("tokenizer_class", "PreTrainedTokenizerFast"),
    ]
  }

  /// An object with a member a line.
  private static func lines(_ members: [(key: String, value: JSONText)]) -> [UInt8] {
    let rows = members.map { "  \(JSONText.string($0.key).text): \($0.value.text)" }
    return Array("{\n\(rows.joined(separator: ",\n"))\n}\n".utf8)
  }
}
