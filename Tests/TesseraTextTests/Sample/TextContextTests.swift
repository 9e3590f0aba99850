import TesseraText
import Testing

/// Pieces of a text encoded one by one, for tokenizers that put a blank before a text's first word.
@Suite("text after text, and after a token") struct TextContextTests {
  /// Characters alone, `▁` for a blank; `front` is a member that puts one in front.
  private func tokenizer(_ front: String, rightStrip: Bool = false) throws -> Tokenizer {
    let letters = ["▁", "a", "b", "c"].enumerated().map { "\"\($1)\": \($0)" }.joined(separator: ", ")
    let token =
      #"{"id": 4, "content": "<t>", "single_word": false, "lstrip": false, "rstrip": \#(rightStrip), "#
      + #""normalized": false, "special": true}"#
    let json =
      #"{"added_tokens": [\#(token)], \#(front), "model": {"type": "BPE", "vocab": {\#(letters)}, "merges": []}}"#
    return try Tokenizer(json: Array(json.utf8))
  }

  private static let legacy =
    #""normalizer": {"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": "▁"}, "#
    + #"{"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]}"#
  private static func metaspace(_ scheme: String) -> String {
    #""pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "\#(scheme)", "split": false}"#
  }

  @Test(
    "pieces give the whole text's ids: cut in text, and behind a token",
    arguments: [
      legacy, metaspace("first"), metaspace("always"), metaspace("never"),
    ])
  func pieces(_ front: String) throws {
    let tokenizer = try tokenizer(front)
    let whole = tokenizer.encode("ab c<t>a b", addSpecialTokens: false)
    var ids = try tokenizer.encode("a", after: .nothing)
    ids += try tokenizer.encode("b c<t>", after: .text)
    #expect(tokenizer.isToken(4) && !tokenizer.isToken(1))
    ids += try tokenizer.encode("a", after: .token(4))
    ids += try tokenizer.encode(" b", after: .text)
    #expect(ids == whole)
  }

  @Test("a token swallows the blanks behind it across the cut")
  func strips() throws {
    let tokenizer = try tokenizer(Self.metaspace("never"), rightStrip: true)
    let whole = tokenizer.encode("a<t>  b", addSpecialTokens: false)
    #expect(try [1, 4] + tokenizer.encode("  b", after: .token(4)) == whole)
    #expect(whole == [1, 4, 2])
  }
}
