/// What is done to a text before it is cut: tokenizer.json's `normalizer`.
struct TextNormalizer: Sendable {
  enum Step: Sendable {
    /// Canonical composition.
    case nfc
    case prepend([UInt8])
    case replace([UInt8], [UInt8])
  }

  let steps: [Step]

  init(steps: [Step]) { self.steps = steps }

  init(_ member: TokenizerMember) throws {
    steps = member.isPresent ? try Self.read(member) : []
  }

  private static func read(_ member: TokenizerMember) throws -> [Step] {
    switch try member.type() {
    case "Sequence": return try member["normalizers"].array().flatMap(read)
    case "NFC": return [.nfc]
    case "Prepend":
      let text = Array(try member["prepend"].string().utf8)
      return text.isEmpty ? [] : [.prepend(text)]
    case "Replace":
      return [.replace(try member["pattern"].literal(), Array(try member["content"].string().utf8))]
    case let other: throw member.unsupported("the normalizer \(other)")
    }
  }

  /// The text normalised; nil where it stays as it is.
  ///
  /// - Parameter continues: whether other text stands before it, so that nothing is put in front.
  func apply(_ text: UnsafeBufferPointer<UInt8>, continues: Bool = false) -> [UInt8]? {
    var result: [UInt8]?
    for step in steps {
      if continues, case .prepend = step { continue }
      let changed =
        result?.withUnsafeBufferPointer { Self.apply(step, $0) }
        ?? (result == nil ? Self.apply(step, text) : nil)
      if let changed { result = changed }
    }
    return result
  }

  private static func apply(_ step: Step, _ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
    switch step {
    case .nfc: CanonicalComposition.shared.compose(text)
    case .prepend(let prefix): text.isEmpty ? nil : prefix + text
    case .replace(let pattern, let content): replaced(pattern, content, text)
    }
  }

  static func replaced(
    _ pattern: [UInt8], _ content: [UInt8], _ text: UnsafeBufferPointer<UInt8>
  ) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(text.count + text.count / 4)
    var (position, copied) = (0, 0)
    while position + pattern.count <= text.count {
      guard text[position] == pattern[0],
        pattern.count == 1 || text[position..<position + pattern.count].elementsEqual(pattern)
      else {
        position += 1
        continue
      }
      out.append(contentsOf: text[copied..<position])
      out += content
      position += pattern.count
      copied = position
    }
    out.append(contentsOf: text[copied...])
    return out
  }
}
