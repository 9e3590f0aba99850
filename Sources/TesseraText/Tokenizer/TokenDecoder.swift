/// How tokens become text again: tokenizer.json's `decoder`.
struct TokenDecoder: Sendable {
  enum Step: Sendable {
    /// Tokens spell bytes by `ByteAlphabet`.
    case byteLevel
    case replace([UInt8], [UInt8])
    /// `<0x0A>` is a byte; bytes in a row are UTF-8 all together, or a replacement character each.
    case byteFallback
    /// What follows sees one token.
    case fuse
    case strip([UInt8], start: Int, stop: Int)
    /// `▁` is a space, and nothing in the first token where `dropsFirst`.
    case metaspace([UInt8], dropsFirst: Bool)
    /// Without a decoder, tokens stand with spaces between them.
    case spaced
  }

  let steps: [Step]

  init(_ member: TokenizerMember) throws {
    steps = member.isPresent ? try Self.read(member) : [.spaced]
    try TextNormalizer.checkGrowth(
      steps.map { step in
        guard case .replace(let pattern, let content) = step else { return (1, 1) }
        return (pattern.count, content.count)
      }, member)
    for (index, step) in steps.enumerated().dropLast() {
      if case .byteLevel = step {
        throw member.unsupported("a decoder after ByteLevel (decoder \(index + 1) of \(steps.count))")
      }
    }
  }

  private static func read(_ member: TokenizerMember) throws -> [Step] {
    switch try member.type() {
    case "Sequence": return try member["decoders"].array().flatMap(read)
    case "ByteLevel": return [.byteLevel]
    case "Replace":
      return [.replace(try member["pattern"].literal(), Array(try member["content"].string().utf8))]
    case "ByteFallback": return [.byteFallback]
    case "Fuse": return [.fuse]
    case "Strip":
      let content = try member["content"].string()
      guard content.unicodeScalars.count == 1 else { throw member["content"].expected("one character") }
      let limit = 0...Int(Int32.max)
      return [
        .strip(
          Array(content.utf8), start: try member["start"].int(limit), stop: try member["stop"].int(limit))
      ]
    case "Metaspace":
      let replacement = try member["replacement"].string()
      guard replacement.unicodeScalars.count == 1 else {
        throw member["replacement"].expected("one character")
      }
      return [.metaspace(Array(replacement.utf8), dropsFirst: try PreTokenizer.prepend(member) != .never)]
    case let other: throw member.unsupported("the decoder \(other)")
    }
  }
}
