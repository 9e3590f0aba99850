internal import TesseraCore

/// One conversation as its record says it.
struct ConversationRecord {
  var id: String?
  var pictures: [String]
  var category: String?
  var turns: [ConversationTurn]

  /// The members of a record that are looked at.
  static let members = ["id", "image", "images", "conversations", "messages"]
  /// What stands in a turn's text where a picture is shown.
  static let mark = "<image>"

  private static let roles: [(name: String, role: ConversationTurn.Role)] = [
    ("human", .user), ("user", .user), ("gpt", .assistant), ("assistant", .assistant), ("system", .system),
  ]

  /// - Throws: `corrupt` with what is wrong.
  init(_ record: JSONValue) throws {
    id = Self.id(of: record)
    category = RecordCategory.find(record)
    var inline: [String] = []
    guard let said = try Self.turns(of: record, &inline) else {
      throw Self.fault("it has no 'conversations' and no 'messages'")
    }
    turns = said
    pictures = try Self.pictures(of: record, inline: inline)
    let marks = turns.reduce(0) { $0 + Self.marks(in: $1.text) }
    guard marks == pictures.count else {
      throw Self.fault("it has \(pictures.count) pictures, but \(marks) times \(Self.mark) in its turns")
    }
  }

  /// What a record calls itself; nil where it does not.
  static func id(of record: JSONValue) -> String? {
    switch record["id"] {
    case .string(let text): text
    case .int(let number): String(number)
    default: nil
    }
  }

  /// The pictures of a record: those that it lists, or those that the parts of its turns name.
  ///
  /// - Throws: `corrupt` where they are not the same.
  static func pictures(of record: JSONValue, inline: [String]) throws -> [String] {
    let listed = try paths(record["image"]) + paths(record["images"])
    if listed.isEmpty { return inline }
    guard inline.isEmpty || inline == listed else {
      throw fault("'images' and the parts of its messages name different pictures")
    }
    return listed
  }

  /// The turns of a record, and the pictures that their parts name; nil where it has neither `conversations` nor
  /// `messages`.
  static func turns(of record: JSONValue, _ pictures: inout [String]) throws -> [ConversationTurn]? {
    if let value = record["conversations"], !value.isNull {
      return try turns(value, "conversations") { turn, number in
        guard case .string(let text)? = turn["value"] else {
          throw fault("turn \(number) must have a 'value' that is a string, got \(kind(turn["value"]))")
        }
        return ConversationTurn(try role(turn["from"], "from", number), text)
      }
    }
    guard let value = record["messages"], !value.isNull else { return nil }
    return try messages(value, "messages", &pictures)
  }

  /// The turns of an array of `role` and `content`, and the pictures that their parts name.
  static func messages(_ value: JSONValue, _ name: String, _ pictures: inout [String]) throws
    -> [ConversationTurn]
  {
    try turns(value, name) { turn, number in
      ConversationTurn(
        try role(turn["role"], "role", number), try content(turn["content"], number, &pictures))
    }
  }

  private static func fault(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "the conversation", detail: detail))
  }

  private static func kind(_ value: JSONValue?) -> String { value?.kind ?? "nothing" }

  /// The paths that `image` or `images` names: a string, an object with a path, or an array of those.
  private static func paths(_ value: JSONValue?) throws -> [String] {
    switch value {
    case nil, .null, .string(""): return []
    case .array(let values): return try values.map(path)
    case let value?: return [try path(value)]
    }
  }

  private static func path(_ value: JSONValue) throws -> String {
    if case .string(let path) = value { return path }
    if case .string(let path)? = value["path"] { return path }
    throw fault("a picture must be a path or an object with a 'path', got \(value.kind)")
  }

  private static func turns(
    _ value: JSONValue, _ name: String, _ turn: (JSONValue, Int) throws -> ConversationTurn
  ) throws -> [ConversationTurn] {
    guard case .array(let values) = value else {
      throw fault("'\(name)' must be an array, got \(value.kind)")
    }
    guard !values.isEmpty else { throw fault("'\(name)' is empty") }
    return try values.enumerated().map { number, value in
      guard case .object = value else {
        throw fault("turn \(number + 1) must be an object, got \(value.kind)")
      }
      return try turn(value, number + 1)
    }
  }

  private static func role(_ value: JSONValue?, _ name: String, _ turn: Int) throws -> ConversationTurn.Role {
    guard case .string(let text)? = value else {
      throw fault("turn \(turn) must have a '\(name)' that is a string, got \(kind(value))")
    }
    guard let role = roles.first(where: { $0.name == text })?.role else {
      throw fault("turn \(turn) is of '\(text)'; roles are \(roles.map(\.name).joined(separator: ", "))")
    }
    return role
  }

  /// A message's text: a string, or its parts one behind another.
  private static func content(_ value: JSONValue?, _ turn: Int, _ pictures: inout [String]) throws -> String {
    if case .string(let text)? = value { return text }
    guard case .array(let parts)? = value else {
      throw fault(
        "turn \(turn) must have a 'content' that is a string or an array of parts, got \(kind(value))")
    }
    var text = ""
    for part in parts {
      switch part["type"] {
      case .string("text"):
        guard case .string(let words)? = part["text"] else {
          throw fault("turn \(turn): a part of type text must have a 'text', got \(kind(part["text"]))")
        }
        text += words
      case .string("image"):
        text += mark
        if let named = ["image", "path", "url"].lazy.compactMap({ part[$0] }).first(where: { !$0.isNull }) {
          pictures.append(try path(named))
        }
      case .string(let type):
        throw fault("turn \(turn) has a part of type '\(type)'; types are text and image")
      case let type:
        throw fault("turn \(turn): a part must have a 'type' that is a string, got \(kind(type))")
      }
    }
    return text
  }

  /// How often a picture is shown in a text.
  static func marks(in text: String) -> Int {
    var (count, rest) = (0, text.utf8[...])
    let mark = Array(mark.utf8)
    while let at = rest.firstIndex(of: UInt8(ascii: "<")) {
      rest = rest[at...]
      if rest.starts(with: mark) { count += 1 }
      rest = rest.dropFirst()
    }
    return count
  }
}
