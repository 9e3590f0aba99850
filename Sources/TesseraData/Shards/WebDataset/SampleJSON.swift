private import Foundation
internal import TesseraCore

/// What a sample's `json` member says: a conversation, a caption, a label, as far as they are there.
///
/// `conversations` are LLaVA's (`from`: human or gpt; `value`), `messages` Hugging Face's (`role`, `content`: text or
/// parts). `caption`, else `text`, is the caption if it is a text; `label`, else `cls`, the label if it is a whole
/// number of 0 or more. Everything else is left alone: datasets keep many things there.
struct SampleJSON {
  var conversation: [ConversationTurn] = []
  var caption: String?
  var label: Int?

  /// - Throws: `corrupt` for what is no JSON, and for a conversation that cannot be read.
  init(_ bytes: [UInt8]) throws {
    let value: Value
    do { value = try JSONDecoder().decode(Value.self, from: Data(bytes)) } catch {
      throw TesseraError(.corrupt(format: "json", detail: "it is not JSON, or cut in the middle"))
    }
    guard case .object(let fields) = value else { return }
    if let turns = fields["conversations"] {
      conversation = try Self.turns(turns, role: "from", text: "value")
    } else if let turns = fields["messages"] {
      conversation = try Self.turns(turns, role: "role", text: "content")
    }
    for case .string(let text)? in [fields["text"], fields["caption"]] { caption = text }
    for case .int(let number)? in [fields["cls"], fields["label"]] where number >= 0 { label = number }
  }

  private static func turns(_ value: Value, role: String, text: String) throws -> [ConversationTurn] {
    guard case .array(let items) = value else { throw fault("the conversation is no list") }
    return try items.enumerated().map { number, item in
      guard case .object(let fields) = item, case .string(let name)? = fields[role],
        let words = fields[text]
      else { throw fault("turn \(number + 1) has no '\(role)' and '\(text)'") }
      guard let known = roles[name.lowercased()] else {
        throw fault("turn \(number + 1) is by '\(name)', which is none of \(roles.keys.sorted())")
      }
      return ConversationTurn(known, try content(words, number + 1))
    }
  }

  private static let roles: [String: ConversationTurn.Role] = [
    "system": .system, "human": .user, "user": .user, "gpt": .assistant, "assistant": .assistant,
  ]

  /// Text, or parts of text and pictures (`<image>`).
  private static func content(_ value: Value, _ turn: Int) throws -> String {
    if case .string(let text) = value { return text }
    guard case .array(let parts) = value else { throw fault("turn \(turn) holds no text") }
    return try parts.map { part in
      guard case .object(let fields) = part else { throw fault("turn \(turn) has a part that is no object") }
      if case .string(let text)? = fields["text"] { return text }
      if case .string("image")? = fields["type"] { return "<image>" }
      throw fault("turn \(turn) has a part that is neither text nor a picture")
    }.joined()
  }

  private static func fault(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "json", detail: detail))
  }

  /// JSON of any kind.
  private enum Value: Decodable {
    case null
    case bool(Bool)
    case int(Int)
    case double(Double)
    case string(String)
    case array([Value])
    case object([String: Value])

    init(from decoder: any Decoder) throws {
      if let keyed = try? decoder.container(keyedBy: Key.self) {
        var fields: [String: Value] = [:]
        for key in keyed.allKeys { fields[key.stringValue] = try keyed.decode(Value.self, forKey: key) }
        self = .object(fields)
        return
      }
      if var list = try? decoder.unkeyedContainer() {
        var items: [Value] = []
        while !list.isAtEnd { items.append(try list.decode(Value.self)) }
        self = .array(items)
        return
      }
      let one = try decoder.singleValueContainer()
      if one.decodeNil() {
        self = .null
      } else if let value = try? one.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? one.decode(Int.self) {
        self = .int(value)
      } else if let value = try? one.decode(Double.self) {
        self = .double(value)
      } else {
        self = .string(try one.decode(String.self))
      }
    }

    private struct Key: CodingKey {
      var stringValue: String
      var intValue: Int? { nil }
      init?(stringValue: String) { self.stringValue = stringValue }
      init?(intValue: Int) { nil }
    }
  }
}
