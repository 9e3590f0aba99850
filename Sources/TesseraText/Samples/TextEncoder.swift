/// What stands before a piece of a sample's text.
package enum TextContext: Sendable, Equatable {
  /// Nothing: the sample begins here.
  case nothing
  /// Other text, that ends in the middle of what a tokenizer takes for text.
  case text
  /// A token of its own: a picture's, or the last one of the text before.
  case token(Int)
}

/// What a sample needs of a tokenizer.
package protocol TextEncoder {
  /// The ids of a text, its tokens of their own included, with none added.
  ///
  /// - Parameter context: what stands before it. A tokenizer that puts a blank before the first word of a text does so
  ///   behind a token of its own too, if it is one that starts anew there, and never behind other text.
  func encode(_ text: String, after context: TextContext) throws -> [Int]

  /// Whether an id is a token of its own, behind which a tokenizer begins anew.
  func isToken(_ id: Int) -> Bool

  /// What the tokenizer puts before any text: the token of its beginning, or nothing.
  var front: [Int] { get }
}
