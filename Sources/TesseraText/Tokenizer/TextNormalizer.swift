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
    try Self.checkGrowth(
      steps.map { step in
        switch step {
        case .nfc: (1, 1)
        case .prepend(let text): (1, 1 + text.count)
        case .replace(let pattern, let content): (pattern.count, content.count)
        }
      }, member)
  }

  /// The most that replacements one after another may make of a byte: a few of them would double a text on and on.
  private static let growthLimit = 256.0

  /// - Parameter steps: from how many bytes each makes how many.
  /// - Throws: `unsupported`.
  static func checkGrowth(_ steps: [(from: Int, to: Int)], _ member: TokenizerMember) throws {
    let growth = steps.reduce(1) { $0 * max(1, Double($1.to) / Double($1.from)) }
    guard growth <= growthLimit else {
      throw member.unsupported("replacements that make a text more than \(Int(growthLimit)) times as long")
    }
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
