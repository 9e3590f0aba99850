private import Foundation

/// What two texts are allowed to differ in and still be the same answer.
public struct TextNormalization: Sendable, Hashable {
  /// Whether upper and lower case are the same.
  public var ignoresCase: Bool
  /// Whether the sentence's end (`.`, `!`, `?`, `。`, `！`, `？`, `．`) may be missing.
  public var ignoresSentenceEnd: Bool

  public init(ignoresCase: Bool = false, ignoresSentenceEnd: Bool = false) {
    (self.ignoresCase, self.ignoresSentenceEnd) = (ignoresCase, ignoresSentenceEnd)
  }

  /// White space at the ends and its amount do not count, all else does.
  public static let standard = TextNormalization()
  /// Case and the sentence's end do not count either.
  public static let lenient = TextNormalization(ignoresCase: true, ignoresSentenceEnd: true)

  /// What the normalisation does, for reports.
  public var words: String {
    var parts = ["canonically equivalent characters are equal, runs of white space count as one space"]
    if ignoresCase { parts.append("case does not count") }
    if ignoresSentenceEnd { parts.append("the sentence's end may be missing") }
    return parts.joined(separator: "; ")
  }

  /// The text in Unicode's form NFC, without white space at its ends, with single spaces inside of it.
  public func callAsFunction(_ text: String) -> String {
    var text = text.precomposedStringWithCanonicalMapping
    if ignoresCase { text = text.lowercased() }
    var words = text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    guard ignoresSentenceEnd else { return words }
    while let last = words.last, ".!?。！？．".contains(last) || last == " " { words.removeLast() }
    return words
  }
}
