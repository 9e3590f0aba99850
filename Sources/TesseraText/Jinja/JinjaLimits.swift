/// What a template may use, so that a hostile one ends.
package struct JinjaLimits: Sendable {
  /// Steps of evaluation, and scalars and items made: time and memory together. An ordinary conversation needs some
  /// thousands; 20 million take a few seconds and at most some hundred megabytes.
  package var work = 20_000_000
  /// Expressions, statements and calls inside of each other while running: each costs stack, and a thread that is
  /// not the first may have 512 kB.
  package var depth = 100
  /// Items of one `range`, as jinja2's sandbox.
  package var range = 100_000
  /// The template's own length in bytes.
  package var source = 1 << 20

  package init() {}

  /// Brackets, tags and operators inside of each other in the source.
  static let nesting = 40
}
