internal import TesseraCore

/// The tokens that are put before and after a text: tokenizer.json's `post_processor`, for one text at a time.
struct PostProcessor: Sendable {
  private(set) var before: [Int] = []
  private(set) var after: [Int] = []

  init(_ member: TokenizerMember) throws {
    if member.isPresent { try read(member) }
  }

  /// The most ids that may stand around a text.
  private static let limit = 1 << 12

  private mutating func read(_ member: TokenizerMember) throws {
    switch try member.type() {
    case "Sequence": for part in try member["processors"].array() { try read(part) }
    case "ByteLevel": break  // Offsets only.
    case "TemplateProcessing": try readTemplate(member)
    case "BertProcessing", "RobertaProcessing":
      try wrap([try pair(member["cls"])], [try pair(member["sep"])], member)
    case let other: throw member.unsupported("the post-processor \(other)")
    }
  }

  /// A later processor goes around an earlier one.
  private mutating func wrap(_ outerBefore: [Int], _ outerAfter: [Int], _ member: TokenizerMember) throws {
    try check(before.count + after.count + outerBefore.count + outerAfter.count, member)
    before = outerBefore + before
    after += outerAfter
  }

  private func check(_ count: Int, _ member: TokenizerMember) throws {
    guard count <= Self.limit else {
      throw member.unsupported("more than \(Self.limit) tokens around a text")
    }
  }

  /// `["</s>", 2]`
  private func pair(_ member: TokenizerMember) throws -> Int {
    let parts = try member.array()
    guard parts.count == 2 else { throw member.expected("a token and its id") }
    _ = try parts[0].string()
    return try parts[1].id()
  }

  private mutating func readTemplate(_ member: TokenizerMember) throws {
    var (outerBefore, outerAfter): ([Int], [Int]) = ([], [])
    var sequences = 0
    var values: [[UInt8]: JSONValue]?
    for part in try member["single"].array() {
      if part["Sequence"].isPresent {
        sequences += 1
        continue
      }
      guard part["SpecialToken"].isPresent else { throw part.expected("a SpecialToken or a Sequence") }
      let name = try part["SpecialToken"]["id"].string()
      // By bytes: two names that only look the same are two.
      let known =
        try values
        ?? Dictionary(member["special_tokens"].members().map { (Array($0.name.utf8), $0.value) }) { $1 }
      values = known
      guard let value = known[Array(name.utf8)] else {
        throw part.corrupt("\"\(name)\" is not among special_tokens")
      }
      let ids = try TokenizerMember("\(member.path).special_tokens.\(name)", value)["ids"].array()
        .map { try $0.id() }
      try check(outerBefore.count + outerAfter.count + ids.count, member)
      if sequences == 0 { outerBefore += ids } else { outerAfter += ids }
    }
    guard sequences == 1 else {
      throw member["single"].unsupported("a template with the text \(sequences) times")
    }
    try wrap(outerBefore, outerAfter, member)
  }
}
