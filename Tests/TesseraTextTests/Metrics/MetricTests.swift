import TesseraCore
import TesseraText
import Testing

@Suite("metrics of texts")
struct MetricTests {
  @Test("exact match forgives white space and Unicode's forms, and nothing else unless asked")
  func exactMatch() throws {
    #expect(ExactMatch.isMatch(" a  red\n square ", ["a red square"]))
    #expect(ExactMatch.isMatch("caf\u{E9}", ["cafe\u{301}"]))
    #expect(!ExactMatch.isMatch("A red square", ["a red square"]) && !ExactMatch.isMatch("red.", ["red"]))
    #expect(ExactMatch.isMatch("A red square.", ["a red square"], .lenient))
    #expect(ExactMatch.isMatch("红色。", ["红色"], .lenient) && !ExactMatch.isMatch("re d", ["red"], .lenient))
    #expect(ExactMatch.isMatch("blue", ["red", "blue"]) && !ExactMatch.isMatch("", ["red"]))
    #expect(
      try ExactMatch.score(["a", "b", "c", "d"], references: [["a"], ["x", "b"], ["x"], ["d "]]) == 0.75)
  }

  @Test("no answers, other counts and no references are errors, not a score")
  func wrongInput() {
    for (answers, references) in [([], []), (["a"], []), (["a", "b"], [["a"]]), (["a"], [[]])]
      as [([String], [[String]])]
    {
      #expect(throws: TesseraError.self) { try ExactMatch.score(answers, references: references) }
      #expect(throws: TesseraError.self) { try BLEU(answers, references: references) }
      #expect(throws: TesseraError.self) { try CIDEr(answers, references: references) }
    }
    #expect(throws: TesseraError.self) { try StopRate.score([], stops: [1]) }
    #expect(throws: TesseraError.self) { try BitsPerByte.score(negativeLogLikelihood: 1, bytes: 0) }
  }

  @Test("BLEU of a text with itself is 100, with another 0; empty answers count as short ones")
  func bleu() throws {
    let text = "a big red square is left of a circle"
    #expect(abs(try BLEU([text], references: [[text]]).score - 100) < 1e-9)
    #expect(try BLEU(["x y z"], references: [[text]]).score == 0)
    #expect(try BLEU([""], references: [[text]]).score == 0)
    let half = try BLEU([text, ""], references: [[text], [text]])
    #expect(half.score > 0 && half.brevityPenalty < 0.4)
  }

  @Test("CIDEr of captions with themselves is 10 where they differ from picture to picture")
  func cider() throws {
    let texts = ["a red square here", "the blue circle there", "one green triangle alone"]
    for kind in [CIDEr.Kind.cider, .ciderD] {
      #expect(abs(try CIDEr(texts, references: texts.map { [$0] }, kind: kind).score - 10) < 1e-9)
      let turned = Array(texts[1...] + texts[..<1])
      #expect(try CIDEr(turned, references: texts.map { [$0] }, kind: kind).score == 0)
    }
    // A word said over and over gains in plain CIDEr alone.
    let gamed = ["red red red red", "x", "y"]
    let plain = try CIDEr(gamed, references: texts.map { [$0] }, kind: .cider).scores[0]
    #expect(try CIDEr(gamed, references: texts.map { [$0] }, kind: .ciderD).scores[0] < plain)
  }

  @Test("the words of captions have no case and no punctuation, in Chinese a word is a character")
  func captionWords() {
    #expect(MetricTokenizer.caption.words("A red, BIG square!") == ["a", "red", "big", "square"])
    #expect(MetricTokenizer.caption.words("红色的方块。") == ["红", "色", "的", "方", "块"])
    #expect(MetricTokenizer.caption.words("“3.5” (of 1,000)") == ["3.5", "of", "1,000"])
    #expect(
      MetricTokenizer.caption.words("It's Mike's; they don't.") == [
        "it", "'s", "mike", "'s", "they", "do", "n't",
      ])
    #expect(MetricTokenizer.caption.words("she can\u{2019}t, cannot") == ["she", "ca", "n't", "can", "not"])
    #expect(MetricTokenizer.caption.words(" \n 's").count == 1)
  }

  @Test("scores have the same bits every time")
  func sameBits() throws {
    let texts = (0..<50).map { "a \($0 % 7) b \($0 % 5) c \($0 % 3) d \($0 % 2) e" }
    let references = texts.reversed().map { [$0, $0 + " f"] }
    let first = try CIDEr(texts, references: references)
    for _ in 0..<5 { #expect(try CIDEr(texts, references: references) == first) }
  }

  @Test("a loss of ln 2 a byte is one bit a byte, also where a token is many bytes")
  func bitsPerByte() throws {
    let ln2 = 0.693147180559945309
    #expect(abs(try BitsPerByte.score(negativeLogLikelihood: 12 * ln2, bytes: 12) - 1) < 1e-15)
    #expect(abs(try BitsPerByte.score([("ab", 2 * ln2), ("红", 6 * ln2)]) - 8.0 / 5) < 1e-15)
  }

  @Test("an answer stopped if its last token says so")
  func stopRate() throws {
    #expect(try StopRate.score([[5, 2], [2, 5], [], [3]], stops: [2, 3]) == 0.5)
    #expect(try StopRate.score(stopped: 3, of: 4) == 0.75)
  }
}
