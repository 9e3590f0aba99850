internal import TesseraCore

/// The bytes of a tokenizer.json, and where its members lie: what was not changed is written back as it was.
struct TokenizerFile: Sendable {
  private let bytes: [UInt8]
  /// The value of `added_tokens` in the bytes; nil where there is none.
  private var addedRange: Range<Int>?
  private var members: [(name: String, value: JSONValue)] = []
  /// Whether `added_tokens` is to be written anew.
  var isChanged = false

  init(_ bytes: [UInt8]) throws {
    self.bytes = bytes
    var members: [(name: String, value: JSONValue)] = []
    var addedRange: Range<Int>?
    try bytes.withUnsafeBytes { raw in
      var reader = JSONReader(raw)
      reader.skipSpace()
      try JSONReader.forEachMember(of: raw) { name, value, base in
        if name == "added_tokens" { addedRange = base..<base + value.count }
        var reader = JSONReader(value, base: base)
        members.append((name, try reader.document()))
      }
      try reader.skipValue()
      reader.skipSpace()
      if reader.position < raw.count { throw reader.wrong("the end") }
    }
    self.members = members
    self.addedRange = addedRange
  }

  /// A member of the file, until `dropMembers`.
  func member(_ name: String) -> TokenizerMember {
    TokenizerMember(name, members.last { $0.name == name }?.value)
  }

  /// Lets go of the values that were read: a large vocabulary's take more room than its table.
  mutating func dropMembers() { members = [] }

  /// The file with these added tokens.
  func json(_ added: [AddedToken]) -> [UInt8] {
    guard isChanged else { return bytes }
    let text = JSONText.array(added.sorted { $0.id < $1.id }.map(Self.json)).text
    if let addedRange {
      return bytes[..<addedRange.lowerBound] + Array(text.utf8) + bytes[addedRange.upperBound...]
    }
    // A new member goes first. There are others: the model at least.
    let brace = bytes.firstIndex(of: UInt8(ascii: "{"))! + 1
    return bytes[..<brace] + Array("\"added_tokens\":\(text),".utf8) + bytes[brace...]
  }

  static func json(_ token: AddedToken) -> JSONText {
    .object([
      ("id", .int(token.id)), ("content", .string(String(decoding: token.content, as: UTF8.self))),
      ("single_word", .bool(token.singleWord)), ("lstrip", .bool(token.leftStrip)),
      ("rstrip", .bool(token.rightStrip)), ("normalized", .bool(token.normalized)),
      ("special", .bool(token.special)),
    ])
  }

  // MARK: added tokens

  static func addedTokens(_ member: TokenizerMember) throws -> [(AddedToken, TokenizerMember)] {
    guard member.isPresent else { return [] }
    return try member.array().map { item in
      let content = try item["content"].string()
      let special = try item["special"].bool(default: false)
      return (
        AddedToken(
          id: try item["id"].id(), content: Array(content.utf8),
          singleWord: try item["single_word"].bool(default: false),
          leftStrip: try item["lstrip"].bool(default: false),
          rightStrip: try item["rstrip"].bool(default: false),
          normalized: try item["normalized"].bool(default: !special), special: special),
        item
      )
    }
  }

  // MARK: the model

  static func model(_ member: TokenizerMember, isByteLevel: Bool) throws -> BPEModel {
    guard member.isPresent else { throw member.expected("an object") }
    // Old files name no type; merges are BPE's alone.
    if let type = try member["type"].optionalString(), type != "BPE" {
      throw member["type"].unsupported("the model \"\(type)\" (only BPE)")
    }
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
      if let affix = try member[name].optionalString(), !affix.isEmpty {
        throw member[name].unsupported("\"\(affix)\"")
      }
    }
    switch member["dropout"].value {
    case nil, .null?, .int(0)?, .double(0)?: break
    default: throw member["dropout"].unsupported("encoding that leaves merges out at random")
    }
    let tokens = try vocabulary(member["vocab"])
    let unknown = try member["unk_token"].optionalString()
    let model = BPEModel(
      tokens: tokens, pairs: try merges(member["merges"], tokens), isByteLevel: isByteLevel,
      ignoresMerges: try member["ignore_merges"].bool(default: false),
      fusesUnknown: try member["fuse_unk"].bool(default: false),
      unknownID: unknown.flatMap { tokens.find($0) },
      byteFallback: try member["byte_fallback"].bool(default: false))
    if let unknown, model.unknownID == nil, !model.coversEveryText {
      throw member["unk_token"].corrupt("\"\(unknown)\" is not in model.vocab")
    }
    return model
  }

  private static func vocabulary(_ member: TokenizerMember) throws -> TokenTable {
    let entries = try member.members()
    var tokens = TokenTable(capacity: entries.count)
    for entry in entries {
      // A path for each of 128,000 entries would be dear: only errors have one.
      func place() -> TokenizerMember { TokenizerMember("\(member.path)[\"\(entry.name)\"]", entry.value) }
      guard case .int(let id) = entry.value, id >= 0, id < Int32.max else { _ = try place().id(); continue }
      // Ids may be left out, but not so many that a file which lies asks for memory.
      guard id < entries.count + gapAllowance else {
        throw place().corrupt("the id \(id) leaves gaps: there are \(entries.count) tokens")
      }
      var name = entry.name
      switch name.withUTF8({ tokens.insert($0, id: id) }) {
      case .token(let other):
        throw place().corrupt("the token is there twice, with the ids \(other) and \(id)")
      case .id:
        let other = tokens.withToken(id) { String(decoding: $0, as: UTF8.self) } ?? ""
        throw place().corrupt("the id \(id) is \"\(other)\"'s as well")
      case nil: break
      }
    }
    return tokens
  }

  /// How many ids of the vocabulary's range may have no token in it.
  private static let gapAllowance = 1 << 20

  private static func merges(_ member: TokenizerMember, _ tokens: TokenTable) throws -> PairTable {
    guard case .array(let entries)? = member.value else { throw member.expected("an array") }
    var pairs = PairTable(capacity: entries.count)
    for (index, entry) in entries.enumerated() {
      func place() -> TokenizerMember { TokenizerMember("\(member.path)[\(index)]", entry) }
      guard let (left, right) = parts(entry) else {
        if case .string(let text) = entry, text.hasPrefix("#version") { continue }
        throw place().expected("two tokens, \"a b\" or [\"a\", \"b\"]")
      }
      func find(_ token: [UInt8], _ what: String) throws -> Int {
        if let id = tokens.find(token) { return id }
        throw place().corrupt(
          "the \(what) \"\(String(decoding: token, as: UTF8.self))\" is not in model.vocab")
      }
      let (leftID, rightID) = (try find(left, "part"), try find(right, "part"))
      let merged = try find(left + right, "merged token")
      pairs.set(leftID, rightID, PairTable.Merge(rank: UInt32(index), id: Int32(merged)))
    }
    return pairs
  }

  private static func parts(_ entry: JSONValue) -> (left: [UInt8], right: [UInt8])? {
    switch entry {
    case .string(let text):
      let parts = text.utf8.split(separator: 0x20, omittingEmptySubsequences: false)
      return parts.count == 2 ? (Array(parts[0]), Array(parts[1])) : nil
    case .array(let parts):
      guard parts.count == 2, case .string(let left) = parts[0], case .string(let right) = parts[1] else {
        return nil
      }
      return (Array(left.utf8), Array(right.utf8))
    default: return nil
    }
  }
}

extension Tokenizer {
  /// The tokenizer as a `tokenizer.json`: the bytes that were read, with the tokens that were added.
  public func json() -> [UInt8] { file.json(added.tokens) }
}
