/// How a text is cut into the pieces that pairs are merged inside of: tokenizer.json's `pre_tokenizer`.
struct PreTokenizer: Sendable {
  /// Where `▁` is put before a text.
  enum Prepend: String, Sendable { case first, always, never }

  /// What becomes of a separator.
  enum Behavior: String, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  enum Step: Sendable {
    case pattern(SplitPattern)
    case literal([UInt8], Behavior)
    case digits(individual: Bool)
    /// A space before each piece that has none.
    case leadingSpace
    case metaspace([UInt8], Prepend, split: Bool)
  }

  let steps: [Step]
  /// Whether pieces are spelled by `ByteAlphabet`.
  let isByteLevel: Bool

  init(steps: [Step], isByteLevel: Bool) {
    self.steps = steps
    self.isByteLevel = isByteLevel
  }

  init(_ member: TokenizerMember) throws {
    var steps: [Step] = []
    var isByteLevel = false
    if member.isPresent { try Self.read(member, &steps, &isByteLevel) }
    self.steps = steps
    self.isByteLevel = isByteLevel
  }

  // MARK: reading

  private static func read(_ member: TokenizerMember, _ steps: inout [Step], _ isByteLevel: inout Bool) throws
  {
    if isByteLevel { throw member.unsupported("a pre-tokenizer after ByteLevel") }
    switch try member.type() {
    case "Sequence":
      for part in try member["pretokenizers"].array() { try read(part, &steps, &isByteLevel) }
    case "ByteLevel":
      if try member["add_prefix_space"].bool(default: true) { steps.append(.leadingSpace) }
      if try member["use_regex"].bool(default: true) { steps.append(.pattern(.gpt2)) }
      isByteLevel = true
    case "Split": steps.append(try split(member))
    case "Digits": steps.append(.digits(individual: try member["individual_digits"].bool(default: false)))
    case "Metaspace": steps.append(try metaspace(member))
    case let other: throw member.unsupported("the pre-tokenizer \(other)")
    }
  }

  private static func split(_ member: TokenizerMember) throws -> Step {
    guard let behavior = Behavior(rawValue: try member["behavior"].string()) else {
      throw member["behavior"].expected("Removed, Isolated, MergedWithPrevious, MergedWithNext or Contiguous")
    }
    let inverted = try member["invert"].bool(default: false)
    guard let regex = try member["pattern"]["Regex"].optionalString() else {
      if inverted { throw member["invert"].unsupported("true with a literal pattern") }
      return .literal(try member["pattern"].literal(), behavior)
    }
    guard let pattern = SplitPattern(regex: regex) else {
      throw member["pattern"].unsupported(
        "the regular expression \(regex) (known: \(SplitPattern.allCases.map(\.rawValue).joined(separator: ", ")))"
      )
    }
    // The rules match all of a text, so that between matches there is nothing: to keep the matches is to remove the
    // rest.
    switch (behavior, inverted) {
    case (.isolated, _), (.removed, true): return .pattern(pattern)
    default:
      throw member["behavior"].unsupported(
        "\(behavior.rawValue) \(inverted ? "inverted " : "")with a regular expression")
    }
  }

  private static func metaspace(_ member: TokenizerMember) throws -> Step {
    let replacement = Array(try member["replacement"].string().utf8)
    guard !replacement.isEmpty else { throw member["replacement"].expected("a character") }
    let split = try member["split"].bool(default: true)
    return .metaspace(replacement, try Self.prepend(member), split: split)
  }

  /// `prepend_scheme`, or `add_prefix_space` of older files.
  static func prepend(_ member: TokenizerMember) throws -> Prepend {
    guard let name = try member["prepend_scheme"].optionalString() else {
      return try member["add_prefix_space"].bool(default: true) ? .always : .never
    }
    guard let scheme = Prepend(rawValue: name) else {
      throw member["prepend_scheme"].expected("first, always or never")
    }
    return scheme
  }

  // MARK: cutting

  typealias Bytes = UnsafeBufferPointer<UInt8>

  /// What stands before a text that is cut.
  enum Start: Sendable {
    /// Nothing.
    case whole
    /// A token of its own, or a piece.
    case piece
    /// Text that was cut before: the text gets no blank in front.
    case text

    /// The same for a part that begins at an offset of the text.
    func at(_ offset: Int) -> Start { offset == 0 ? self : .piece }
  }

  /// Calls `body` with each piece of a text.
  @inline(__always)
  func forEachPiece(_ text: Bytes, after start: Start, _ body: (Bytes) -> Void) {
    if steps.count == 1, case .pattern(let pattern) = steps[0] {
      Self.cut(text, pattern, body)
    } else {
      run(0, text, start, body)
    }
  }

  @inline(__always)
  private static func cut(_ text: Bytes, _ pattern: SplitPattern, _ body: (Bytes) -> Void) {
    let scanner = PieceScanner(text, pattern)
    var start = 0
    while start < text.count {
      let end = scanner.end(from: start)
      body(Bytes(rebasing: text[start..<end]))
      start = end
    }
  }

  private func run(_ index: Int, _ text: Bytes, _ start: Start, _ body: (Bytes) -> Void) {
    if text.isEmpty { return }
    guard index < steps.count else { return body(text) }
    switch steps[index] {
    case .pattern(let pattern):
      var before = start
      Self.cut(text, pattern) { piece in
        run(index + 1, piece, before, body)
        before = .piece
      }
    case .literal(let pattern, let behavior):
      let parts = Self.find(pattern, text)
      for part in Self.arrange(parts, behavior) {
        run(index + 1, Bytes(rebasing: text[part]), start.at(part.lowerBound), body)
      }
    case .digits(let individual):
      for part in Self.arrange(Self.digits(text), individual ? .isolated : .contiguous) {
        run(index + 1, Bytes(rebasing: text[part]), start.at(part.lowerBound), body)
      }
    case .leadingSpace:
      if text[0] == 0x20 || start == .text { return run(index + 1, text, start, body) }
      ([0x20] + text).withUnsafeBufferPointer { run(index + 1, $0, start, body) }
    case .metaspace(let mark, let scheme, let split):
      var marked = TextNormalizer.replaced([0x20], mark, text)
      let isPut = scheme == .always && start != .text || scheme == .first && start == .whole
      if isPut && !marked.starts(with: mark) { marked = mark + marked }
      marked.withUnsafeBufferPointer { marked in
        guard split else { return run(index + 1, marked, start, body) }
        for part in Self.arrange(Self.find(mark, marked), .mergedWithNext) {
          run(index + 1, Bytes(rebasing: marked[part]), start.at(part.lowerBound), body)
        }
      }
    }
  }

  /// The text as places that match a literal and places between them.
  private static func find(_ pattern: [UInt8], _ text: Bytes) -> [(range: Range<Int>, isMatch: Bool)] {
    var parts: [(range: Range<Int>, isMatch: Bool)] = []
    var (position, start) = (0, 0)
    while position + pattern.count <= text.count {
      let end = position + pattern.count
      guard text[position] == pattern[0], pattern.count == 1 || text[position..<end].elementsEqual(pattern)
      else {
        position += 1
        continue
      }
      if start < position { parts.append((start..<position, false)) }
      parts.append((position..<end, true))
      (position, start) = (end, end)
    }
    if start < text.count { parts.append((start..<text.count, false)) }
    return parts
  }

  /// The text as its numbers, one by one, and what is between them.
  private static func digits(_ text: Bytes) -> [(range: Range<Int>, isMatch: Bool)] {
    var parts: [(range: Range<Int>, isMatch: Bool)] = []
    var (position, start) = (0, 0)
    while position < text.count {
      let (value, length) = UTF8Scan.scalar(text, position)
      let end = position + length
      if ScalarClasses.shared[value] & ScalarClasses.number != 0 {
        if start < position { parts.append((start..<position, false)) }
        parts.append((position..<end, true))
        start = end
      }
      position = end
    }
    if start < text.count { parts.append((start..<text.count, false)) }
    return parts
  }

  private static func arrange(
    _ parts: [(range: Range<Int>, isMatch: Bool)], _ behavior: Behavior
  ) -> [Range<Int>] {
    switch behavior {
    case .isolated: return parts.map(\.range)
    case .removed: return parts.filter { !$0.isMatch }.map(\.range)
    case .contiguous:
      var out: [Range<Int>] = []
      for (index, part) in parts.enumerated() {
        if index > 0 && parts[index - 1].isMatch == part.isMatch {
          out[out.count - 1] = out[out.count - 1].lowerBound..<part.range.upperBound
        } else {
          out.append(part.range)
        }
      }
      return out
    case .mergedWithPrevious:
      // A separator joins what is before it, unless that is a separator as well.
      var out: [Range<Int>] = []
      for (index, part) in parts.enumerated() {
        if part.isMatch, index > 0, !parts[index - 1].isMatch {
          out[out.count - 1] = out[out.count - 1].lowerBound..<part.range.upperBound
        } else {
          out.append(part.range)
        }
      }
      return out
    case .mergedWithNext:
      var out: [Range<Int>] = []
      for (index, part) in parts.enumerated() {
        if index > 0, parts[index - 1].isMatch, !part.isMatch {
          out[out.count - 1] = out[out.count - 1].lowerBound..<part.range.upperBound
        } else {
          out.append(part.range)
        }
      }
      return out
    }
  }
}
