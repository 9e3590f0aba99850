/// The tokens that are put before and after a text: tokenizer.json's `post_processor`, for one text at a time.
struct PostProcessor: Sendable {
  private(set) var before: [Int] = []
  private(set) var after: [Int] = []

  init(_ member: TokenizerMember) throws {
    if member.isPresent { try read(member) }
  }

  private mutating func read(_ member: TokenizerMember) throws {
    switch try member.type() {
    case "Sequence": for part in try member["processors"].array() { try read(part) }
    case "ByteLevel": break  // Offsets only.
    case "TemplateProcessing": try readTemplate(member)
    case "BertProcessing", "RobertaProcessing":
      wrap([try pair(member["cls"])], [try pair(member["sep"])])
    case let other: throw member.unsupported("the post-processor \(other)")
    }
  }

  /// A later processor goes around an earlier one.
  private mutating func wrap(_ outerBefore: [Int], _ outerAfter: [Int]) {
    before = outerBefore + before
    after += outerAfter
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
    for part in try member["single"].array() {
      if part["Sequence"].isPresent {
        sequences += 1
        continue
      }
      guard part["SpecialToken"].isPresent else { throw part.expected("a SpecialToken or a Sequence") }
      let name = try part["SpecialToken"]["id"].string()
      guard
        let special = try member["special_tokens"].members().last(where: {
          $0.name.utf8.elementsEqual(name.utf8)
        })
      else { throw part.corrupt("\"\(name)\" is not among special_tokens") }
      let ids = try TokenizerMember("\(member.path).special_tokens.\(name)", special.value)["ids"].array()
        .map { try $0.id() }
      if sequences == 0 { outerBefore += ids } else { outerAfter += ids }
    }
    guard sequences == 1 else {
      throw member["single"].unsupported("a template with the text \(sequences) times")
    }
    wrap(outerBefore, outerAfter)
  }
}
