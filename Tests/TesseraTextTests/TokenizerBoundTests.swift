import TesseraCore
import TesseraText
import Testing

/// Small files of tokenizers that asked for hours or all memory there is.
@Suite("Bounds of tokenizers") struct TokenizerBoundTests {
  private static let doubling = Array(
    repeating: #"{"type":"Replace","pattern":{"String":"a"},"content":"aa"}"#, count: 40
  ).joined(separator: ",")

  @Test("replacements that double a text on and on are refused, before a text and behind one") func growth() {
    let normalizer = #"{"type":"Sequence","normalizers":[\#(Self.doubling)]}"#
    let decoder = #"{"type":"Sequence","decoders":[\#(Self.doubling)]}"#
    for file in [
      TokenizerTests.file(normalizer: normalizer), TokenizerTests.file(decoder: decoder),
      TokenizerTests.file(
        normalizer: #"{"type":"Prepend","prepend":"\#(String(repeating: "a", count: 300))"}"#),
    ] {
      let error = #expect(throws: TesseraError.self) { try TokenizerTests.tokenizer(file) }
      #expect(error?.description.contains("times as long") == true, "\(String(describing: error))")
    }
  }

  @Test("as many added tokens as a megabyte holds are read in one pass") func addedTokens() throws {
    let added = (0..<30_000).map { #"{"id":\#($0 + 7),"content":"x\#($0)"}"# }.joined(separator: ",")
    let tokenizer = try TokenizerTests.tokenizer(TokenizerTests.file(added: "[\(added)]"))
    #expect(tokenizer.vocabularySize == 30_007 && tokenizer.id(of: "x29999") == 30_006)
  }

  private static func template(parts: Int, ids: Int, names: Int) -> String {
    let part = #"{"SpecialToken":{"id":"t"}},"#
    let list = Array(repeating: "0", count: ids).joined(separator: ",")
    let others = (0..<names).map { #","t\#($0)":{}"# }.joined()
    return #"{"type":"TemplateProcessing","single":["# + String(repeating: part, count: parts)
      + #"{"Sequence":{}}],"special_tokens":{"t":{"ids":[\#(list)]}\#(others)}}"#
  }

  @Test("tokens around a text are few, and looked up once") func aroundText() throws {
    let good = TokenizerTests.file(post: Self.template(parts: 4000, ids: 1, names: 30_000))
    #expect(try TokenizerTests.tokenizer(good).specialIDsAround.before.count == 4000)
    let bad = TokenizerTests.file(post: Self.template(parts: 1000, ids: 1000, names: 1))
    let error = #expect(throws: TesseraError.self) { try TokenizerTests.tokenizer(bad) }
    #expect(error?.description.contains("tokens around a text") == true, "\(String(describing: error))")
  }
}
