/// What a template may use, so that a hostile one ends.
package struct JinjaLimits: Sendable {
  /// Steps of evaluation, and scalars and items made: time and memory together. An ordinary conversation needs some
  /// thousands; 10 million take seconds and at most some hundred megabytes.
  package var work = 10_000_000
  /// Expressions, statements and calls inside of each other while running: each costs stack. Threads
  /// have 8 MB on Linux; the tests make do with 2 MB.
  package var depth = 100
  /// Lists and dictionaries inside of each other; JSON that is read has at most 128.
  package var valueDepth = 140
  /// Items of one `range`, as jinja2's sandbox.
  package var range = 100_000
  /// The template's own length in bytes.
  package var source = 1 << 20

  package init() {}

  /// Brackets, tags and operators inside of each other in the source.
  static let nesting = 40
}
