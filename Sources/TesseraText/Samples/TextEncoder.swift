/// What a sample needs of a tokenizer.
package protocol TextEncoder {
  /// The ids of a text, its tokens of their own included, with none added.
  ///
  /// - Parameter continues: whether other text stands before it, so that a tokenizer which puts a blank before a
  ///   text's first word does not do so here.
  func encode(_ text: String, continues: Bool) throws -> [Int]

  /// What the tokenizer puts before any text: the token of its beginning, or nothing.
  var front: [Int] { get }
}
