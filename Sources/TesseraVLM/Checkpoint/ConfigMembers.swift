internal import TesseraCore

/// What is known of the members that one object of a config may have.
///
/// A config says more than a reader needs. What is harmless is passed over; what would change the computation is an
/// error unless it says what is computed anyway; what nobody knows is named, so that a part that goes by a new name
/// is not left out in silence.
struct ConfigMembers {
  /// A value that means "as it is computed here".
  enum Neutral {
    case no, yes, zero, one, empty
    case words([String])
    /// Only absent, or null.
    case absent

    func contains(_ value: JSONValue) -> Bool {
      switch (self, value) {
      case (.no, .bool(false)), (.yes, .bool(true)): true
      case (.zero, .int(0)), (.one, .int(1)): true
      case (.zero, .double(let number)): number == 0
      case (.one, .double(let number)): number == 1
      case (.empty, .array(let values)): values.isEmpty
      case (.empty, .object(let members)): members.isEmpty
      case (.words(let words), .string(let word)): words.contains(word)
      case (.words(let words), .array(let list)):
        list.allSatisfy { if case .string(let word) = $0 { words.contains(word) } else { false } }
      default: false
      }
    }

    /// As what an error expects.
    var text: String {
      switch self {
      case .no: "false"
      case .yes: "true"
      case .zero: "0"
      case .one: "1"
      case .empty: "empty"
      case .words(let words): words.joined(separator: " or ")
      case .absent: ""
      }
    }
  }

  /// Members that the reader of the object reads.
  var read: Set<String>
  /// Members that change nothing here: names, versions, training's beginnings, settings of what is not part of it.
  var harmless: Set<String> = []
  /// Members that change the computation, with the value that does not.
  var changing: [String: Neutral] = [:]
  /// Members that only training would heed, with the value that asks for nothing; others are named.
  var training: Set<String> = ["attention_dropout", "dropout", "hidden_dropout", "embd_pdrop", "resid_pdrop"]
}

extension ConfigReader {
  /// Holds the object's members against what is known.
  ///
  /// - Returns: a remark for every member that nobody knows or that is not heeded.
  /// - Throws: `invalidArgument` for a member that asks for another computation.
  func remarks(_ members: ConfigMembers) throws -> [String] {
    var unknown: [String] = []
    var remarks: [String] = []
    for (name, value) in all where !value.isNull && !members.read.contains(name) {
      if let neutral = members.changing[name] ?? ConfigMembers.changing[name] {
        guard !neutral.contains(value) else { continue }
        let expected = neutral.text.isEmpty ? "absent" : "\(neutral.text), or absent"
        throw wrong(name, "\(expected) (anything else is another model, which is not computed here)", value)
      }
      if members.harmless.contains(name) || ConfigMembers.harmless.contains(name) { continue }
      if members.training.contains(name) {
        guard !ConfigMembers.Neutral.zero.contains(value) else { continue }
        remarks.append(
          "\(file): \(path(name)) \(short(value)) is not applied: nothing is dropped in training")
      } else {
        unknown.append("\(path(name)) \(short(value))")
      }
    }
    guard !unknown.isEmpty else { return remarks }
    let list =
      unknown.prefix(8).joined(separator: ", ") + (unknown.count > 8 ? " and \(unknown.count - 8) more" : "")
    return remarks + ["\(file): not known here, and not applied: \(list)"]
  }
}

extension ModelConfig {
  /// What a config says that is not heeded: to be printed.
  ///
  /// - Throws: `invalidArgument` for a member that asks for another computation.
  static func remarks(_ value: JSONValue, file: String) throws -> [String] {
    let reader = try ConfigReader(value, file: file)
    switch try reader.string("model_type") ?? "" {
    case "llava": return try whole(reader, .llava)
    case "tessera_llava": return try whole(reader, .ours)
    case "clip", "siglip":
      // The text half is not read at all.
      let kind: VisionConfig.Kind = try reader.string("model_type") == "clip" ? .clip : .siglip
      let halves = try ["vision_config", "vision_config_dict"].compactMap { try reader.object($0) }
      return try reader.remarks(.halves) + halves.flatMap { try $0.remarks(.vision(kind)) }
    case "clip_vision_model": return try reader.remarks(.vision(.clip))
    case "siglip_vision_model": return try reader.remarks(.vision(.siglip))
    case let other:
      guard let kind = TextConfig.Kind(rawValue: other) else { return [] }
      return try language(reader, kind)
    }
  }

  private static func whole(_ reader: ConfigReader, _ members: ConfigMembers) throws -> [String] {
    var remarks = try reader.remarks(members)
    if let vision = try reader.object("vision_config") {
      remarks += try vision.remarks(.vision(vision.word("model_type", .clip)))
    }
    if let text = try reader.object("text_config") {
      remarks += try language(text, text.word("model_type", .llama))
    }
    return remarks
  }

  private static func language(_ reader: ConfigReader, _ kind: TextConfig.Kind) throws -> [String] {
    var remarks = try reader.remarks(.text(kind))
    for key in ["rope_scaling", "rope_parameters"] {
      if let rope = try reader.object(key) { remarks += try rope.remarks(.rope) }
    }
    return remarks
  }
}
