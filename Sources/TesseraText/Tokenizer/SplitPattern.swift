/// A rule that cuts text into the pieces that byte pairs are merged inside of.
///
/// tokenizer.json names a rule by its regular expression. The expressions here are recognised by their exact text and
/// scanned by hand: there is no regex engine, and an unknown expression is an error that shows it.
public enum SplitPattern: String, Sendable, Hashable, Codable, CaseIterable {
  /// GPT-2's: contractions, letters, digits, the rest, each with a space before it.
  case gpt2
  /// Llama 3's, which is cl100k's too: contractions of either case, up to three digits, line ends by themselves.
  case llama3
  /// Qwen 2's: Llama 3's with single digits.
  case qwen2
  /// o200k's (GPT-4o): words are cut where capitals follow small letters; contractions stay with their word.
  case o200k
  /// Mistral's Tekken: o200k's without contractions, with single digits.
  case tekken

  private static let contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)"

  /// The regular expression that tokenizer.json holds.
  public var regex: String {
    let spaces = #"\s*[\r\n]+|\s+(?!\S)|\s+"#
    let rest = #" ?[^\s\p{L}\p{N}]+"#
    switch self {
    case .gpt2:
      return #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+|\#(rest)|\s+(?!\S)|\s+"#
    case .llama3, .qwen2:
      let digits = self == .llama3 ? #"\p{N}{1,3}"# : #"\p{N}"#
      return #"\#(Self.contractions)|[^\r\n\p{L}\p{N}]?\p{L}+|\#(digits)|\#(rest)[\r\n]*|\#(spaces)"#
    case .o200k, .tekken:
      let (upper, lower) = (#"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]"#, #"[\p{Ll}\p{Lm}\p{Lo}\p{M}]"#)
      let head = #"[^\r\n\p{L}\p{N}]?"#
      let (tail, digits) = self == .o200k ? ("\(Self.contractions)?", #"\p{N}{1,3}"#) : ("", #"\p{N}"#)
      return #"\#(head)\#(upper)*\#(lower)+\#(tail)|\#(head)\#(upper)+\#(lower)*\#(tail)"#
        + #"|\#(digits)|\#(rest)[\r\n/]*|\#(spaces)"#
    }
  }

  /// The rule of a regular expression's text; nil where it is none of these.
  public init?(regex: String) {
    // By bytes: two strings are equal to Swift when they look the same.
    guard let found = Self.allCases.first(where: { $0.regex.utf8.elementsEqual(regex.utf8) }) else {
      return nil
    }
    self = found
  }
}

/// Finds where the piece ends that starts at a position.
struct PieceScanner {
  let bytes: UnsafeBufferPointer<UInt8>
  let classes: ScalarClasses
  let pattern: SplitPattern

  init(_ bytes: UnsafeBufferPointer<UInt8>, _ pattern: SplitPattern) {
    self.bytes = bytes
    self.pattern = pattern
    classes = ScalarClasses.shared
  }

  /// The end of the piece that starts at `start`, which lies before the end of the bytes.
  @inline(__always)
  func end(from start: Int) -> Int {
    switch pattern {
    case .gpt2: gpt2(start)
    case .llama3: llama(start, digits: 3)
    case .qwen2: llama(start, digits: 1)
    case .o200k: cased(start, contractions: true, digits: 3)
    case .tekken: cased(start, contractions: false, digits: 1)
    }
  }

  @inline(__always)
  private func look(_ position: Int) -> (flags: UInt8, next: Int) {
    let (value, length) = UTF8Scan.scalar(bytes, position)
    return (classes[value], position + length)
  }

  /// The end of the run of characters with one of `flags` from `position` on.
  @inline(__always)
  private func run(_ flags: UInt8, _ position: Int, limit: Int = .max) -> Int {
    var (end, count) = (position, 0)
    while end < bytes.count && count < limit {
      let (found, next) = look(end)
      if found & flags == 0 { break }
      end = next
      count += 1
    }
    return end
  }

  private static let notRest = ScalarClasses.space | ScalarClasses.letter | ScalarClasses.number

  /// The end of the run of `[^\s\p{L}\p{N}]` from `position` on.
  @inline(__always)
  private func runOfRest(_ position: Int) -> Int {
    var end = position
    while end < bytes.count {
      let (found, next) = look(end)
      if found & Self.notRest != 0 { break }
      end = next
    }
    return end
  }

  // MARK: the rules

  private func gpt2(_ start: Int) -> Int {
    if bytes[start] == UInt8(ascii: "'"), let end = contraction(start, anyCase: false) { return end }
    let first = bytes[start] == 0x20 && start + 1 < bytes.count ? start + 1 : start
    let (flags, next) = look(first)
    if flags & ScalarClasses.letter != 0 { return run(ScalarClasses.letter, next) }
    if flags & ScalarClasses.number != 0 { return run(ScalarClasses.number, next) }
    if flags & ScalarClasses.space == 0 { return runOfRest(next) }
    return spaces(start, newlines: false)
  }

  private func llama(_ start: Int, digits: Int) -> Int {
    if bytes[start] == UInt8(ascii: "'"), let end = contraction(start, anyCase: true) { return end }
    let (flags, next) = look(start)
    if flags & ScalarClasses.letter != 0 { return run(ScalarClasses.letter, next) }
    if flags & ScalarClasses.number != 0 { return run(ScalarClasses.number, next, limit: digits - 1) }
    if flags & ScalarClasses.newline == 0, next < bytes.count {
      let (second, after) = look(next)
      if second & ScalarClasses.letter != 0 { return run(ScalarClasses.letter, after) }
    }
    if let end = rest(start, flags, next) { return run(ScalarClasses.newline, end) }
    return spaces(start, newlines: true)
  }

  private func cased(_ start: Int, contractions: Bool, digits: Int) -> Int {
    let (flags, next) = look(start)
    if let end = casedWord(start, flags, next) {
      guard contractions, end < bytes.count, bytes[end] == UInt8(ascii: "'") else { return end }
      return contraction(end, anyCase: true) ?? end
    }
    if flags & ScalarClasses.number != 0 { return run(ScalarClasses.number, next, limit: digits - 1) }
    if var end = rest(start, flags, next) {
      while end < bytes.count, bytes[end] == 0x0A || bytes[end] == 0x0D || bytes[end] == UInt8(ascii: "/") {
        end += 1
      }
      return end
    }
    return spaces(start, newlines: true)
  }

  /// `H?U*L+|H?U+L*`, for H all but letters, numbers and line ends. A mark is H, U and L at once, so the four ways
  /// are tried in the order of a regex engine.
  private func casedWord(_ start: Int, _ flags: UInt8, _ next: Int) -> Int? {
    let isHead = flags & (ScalarClasses.letter | ScalarClasses.number | ScalarClasses.newline) == 0
    if isHead, let end = smallWord(next) { return end }
    if let end = smallWord(start) { return end }
    if isHead, let end = capitalWord(next) { return end }
    return capitalWord(start)
  }

  /// `U*L+`
  private func smallWord(_ start: Int) -> Int? {
    let upper = run(ScalarClasses.upper, start)
    let end = run(ScalarClasses.lower, upper)
    if end > upper { return end }
    // No small letter follows: U* gives back down to its last character that is L as well.
    var place = upper
    while place > start {
      let before = UTF8Scan.start(before: place, bytes)
      if look(before).flags & ScalarClasses.lower != 0 { return place }
      place = before
    }
    return nil
  }

  /// `U+L*`
  private func capitalWord(_ start: Int) -> Int? {
    let upper = run(ScalarClasses.upper, start)
    return upper > start ? run(ScalarClasses.lower, upper) : nil
  }

  /// ` ?[^\s\p{L}\p{N}]+`
  @inline(__always)
  private func rest(_ start: Int, _ flags: UInt8, _ next: Int) -> Int? {
    if flags & Self.notRest == 0 { return runOfRest(next) }
    guard bytes[start] == 0x20 else { return nil }
    let end = runOfRest(next)
    return end > next ? end : nil
  }

  /// `\s+(?!\S)|\s+`, and before it `\s*[\r\n]+` where the rule has that.
  private func spaces(_ start: Int, newlines: Bool) -> Int {
    var (end, last, afterNewline) = (start, start, start)
    while end < bytes.count {
      let (flags, next) = look(end)
      if flags & ScalarClasses.space == 0 { break }
      if flags & ScalarClasses.newline != 0 { afterNewline = next }
      last = end
      end = next
    }
    if newlines && afterNewline > start { return afterNewline }
    // Before something that is not a space the last space is left for it, unless it is the only one.
    return end == bytes.count || last == start ? end : last
  }

  /// `'s|'t|'re|'ve|'m|'ll|'d` from an apostrophe on.
  private func contraction(_ start: Int, anyCase: Bool) -> Int? {
    guard start + 1 < bytes.count else { return nil }
    let fold: UInt8 = anyCase ? 0x20 : 0
    let first = bytes[start + 1] | fold
    switch first {
    case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return start + 2
    case _ where anyCase && bytes[start + 1] == 0xC5 && bytes[start + 2] == 0xBF:
      return start + 3  // ſ (U+017F) is an s of another case
    default: break
    }
    guard start + 2 < bytes.count else { return nil }
    let second = bytes[start + 2] | fold
    let pairs: [(UInt8, UInt8)] = [
      (UInt8(ascii: "r"), UInt8(ascii: "e")), (UInt8(ascii: "v"), UInt8(ascii: "e")),
      (UInt8(ascii: "l"), UInt8(ascii: "l")),
    ]
    return pairs.contains { $0.0 == first && $0.1 == second } ? start + 3 : nil
  }
}
