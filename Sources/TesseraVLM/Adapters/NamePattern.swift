internal import TesseraCore

/// A regular expression for modules' names, in Python's notation.
///
/// Python's and Swift's expressions agree in what names need: classes, groups, alternatives, repetitions, `(?:…)`,
/// `(?P<…>…)`, look-ahead.
struct NamePattern {
  private let regex: Regex<AnyRegexOutput>

  /// - Parameter setting: what an error calls it.
  /// - Throws: `invalidArgument` for what is no regular expression.
  init(_ pattern: String, setting: String) throws {
    do { regex = try Regex(pattern).matchingSemantics(.unicodeScalar) } catch {
      throw TesseraError(
        .invalidArgument(name: setting, expected: "a regular expression", got: "'\(pattern)' (\(error))"))
    }
  }

  /// One that may begin at any dot and reaches to the end: how PEFT reads the keys of `rank_pattern`.
  static func ending(_ pattern: String, setting: String) throws -> NamePattern {
    // Alone first: `a)|(b` is no expression, though it is one inside of the parentheses.
    _ = try NamePattern(pattern, setting: setting)
    return try NamePattern("(.*\\.)?(\(pattern))", setting: setting)
  }

  /// Whether it matches a whole name.
  func matches(_ name: String) -> Bool { name.wholeMatch(of: regex) != nil }
}
