package import TesseraCore

/// What must be known of a `tokenizer.json` to write the files beside it and to add tokens.
package struct TokenizerFacts {
  package struct Added {
    package let id: Int
    package let content: String
    /// Its members, as they stand in the file.
    package let value: JSONValue
  }

  package private(set) var added: [Added] = []
  /// The largest id of all tokens; −1 where there is none.
  package private(set) var lastID = -1
  private var ids: [String: Int] = [:]
  private var names: [Int: String] = [:]
  /// Tokens of the vocabulary, and added tokens that are not in it.
  private var (vocabularyCount, newCount) = (0, 0)

  /// - Throws: `corrupt`, `truncated`.
  package init(_ bytes: [UInt8], file: String) throws {
    do {
      try bytes.withUnsafeBytes { raw in
        try JSONReader.forEachMember(of: raw) { name, value, base in
          var reader = JSONReader(value, base: base)
          switch name {
          case "added_tokens":
            if case .array(let list) = try reader.document() { try readAdded(list) }
          case "model":
            try JSONReader.forEachMember(of: value, base: base) { name, value, base in
              guard name == "vocab" else { return }
              var reader = JSONReader(value, base: base)
              readVocabulary(try reader.document())
            }
          default: break
          }
        }
      }
      count()
    } catch let error as TesseraError { throw error.with(path: file) }
  }

  /// The id of a token; nil for one that is none.
  package subscript(token: String) -> Int? { ids[token] }

  /// The id that a new token gets from the `tokenizers` library behind these: not one past the last where the
  /// vocabulary leaves ids out.
  ///
  /// - Parameter added: how many new tokens stand before it.
  /// - Throws: `invalidInput` where that id is another token's.
  package func newID(behind added: Int, file: String) throws -> Int {
    let id = (vocabularyCount > 0 ? vocabularyCount + newCount : lastID + 1) + added
    guard let other = names[id] else { return id }
    throw TesseraError(
      .invalidInput(
        operation: "adding a token", expected: "the id \(id), behind all others, to be free",
        got: "'\(other)' there: the vocabulary leaves other ids out"), path: file)
  }

  /// The token of an id that was added.
  package func added(_ id: Int?) -> String? { added.first { $0.id == id }?.content }

  private mutating func readAdded(_ list: [JSONValue]) throws {
    for item in list {
      guard case .int(let id)? = item["id"], case .string(let content)? = item["content"], id >= 0 else {
        throw TesseraError(.corrupt(format: "the tokenizer", detail: "an added token has no id or content"))
      }
      added.append(Added(id: id, content: content, value: item))
    }
  }

  /// Gives the added tokens their ids: the vocabulary's, else the next behind it, as the `tokenizers` library counts
  /// them whatever the file says. The two differ only where ids are left out.
  private mutating func count() {
    newCount = 0
    added = added.map { token in
      var id = token.id
      if let known = ids[token.content] {
        id = known
      } else {
        if vocabularyCount > 0 { id = vocabularyCount + newCount }
        newCount += 1
      }
      note(token.content, id)
      return Added(id: id, content: token.content, value: token.value)
    }
  }

  /// BPE has an object of ids, Unigram a list of pairs.
  private mutating func readVocabulary(_ vocabulary: JSONValue) {
    switch vocabulary {
    case .object(let members):
      for (token, id) in members { if case .int(let id) = id { note(token, id) } }
      vocabularyCount = members.count
    case .array(let pairs):
      vocabularyCount = pairs.count
      for (id, pair) in pairs.enumerated() {
        if case .array(let parts) = pair, case .string(let token)? = parts.first { note(token, id) }
      }
    default: break
    }
  }

  private mutating func note(_ token: String, _ id: Int) {
    (ids[token], names[id]) = (id, token)
    lastID = max(lastID, id)
  }
}

extension TokenizerFacts {
  /// The tokenizer's file with special tokens added.
  ///
  /// - Throws: `corrupt`, `truncated`.
  package static func adding(_ tokens: [DirectoryJoin.AddedToken], to bytes: [UInt8], file: String) throws
    -> [UInt8]
  {
    guard !tokens.isEmpty else { return bytes }
    let value: JSONValue
    do { value = try JSONReader.read(bytes) } catch let error as TesseraError { throw error.with(path: file) }
    var added: [JSONValue] = []
    if case .array(let list)? = value["added_tokens"] { added = list }
    added += tokens.map { special($0, withID: true) }
    return Array(value.with("added_tokens", .array(added)).pythonText(sortsKeys: false).utf8)
  }

  /// How a special token is described in `added_tokens`, or, without its id, in `added_tokens_decoder`.
  static func special(_ token: DirectoryJoin.AddedToken, withID: Bool) -> JSONValue {
    let members: [(name: String, value: JSONValue)] = [
      ("content", .string(token.content)), ("single_word", .bool(false)), ("lstrip", .bool(false)),
      ("rstrip", .bool(false)), ("normalized", .bool(false)), ("special", .bool(true)),
    ]
    return .object((withID ? [("id", .int(token.id))] : []) + members)
  }
}
