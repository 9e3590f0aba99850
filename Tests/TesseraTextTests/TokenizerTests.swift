import TesseraCore
import TesseraText
import Testing

@Suite("tokenizers")
struct TokenizerTests {
  static let byteLevel =
    #"{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true}"#

  /// A small file whose members can be replaced.
  static func file(
    added: String = "[]", normalizer: String = "null", pre: String = byteLevel, post: String = "null",
    decoder: String = byteLevel, type: String = "BPE",
    vocab: String = #"{"a":0,"b":1,"ab":2,"c":3,"abc":4,"Ġ":5,"bc":6}"#,
    merges: String = #"["a b",["ab","c"],"b c"]"#, more: String = ""
  ) -> String {
    #"{"version":"1.0","truncation":null,"padding":null,"added_tokens":"# + added + #","normalizer":"#
      + normalizer
      + #","pre_tokenizer":"# + pre + #","post_processor":"# + post + #","decoder":"# + decoder
      + #","model":{"type":""# + type + #"","dropout":null,"# + more + #""vocab":"# + vocab + #","merges":"#
      + merges
      + "}}"
  }

  static func tokenizer(_ json: String) throws -> Tokenizer { try Tokenizer(json: Array(json.utf8)) }

  /// All 256 bytes, no merges.
  static func bytes(split: SplitPattern = .gpt2, special: [String] = []) throws -> Tokenizer {
    try BPETrainer(vocabularySize: 256 + special.count, specialTokens: special, split: split).train()
  }

  @Test("the pair of the lowest rank is merged first, the leftmost of equals")
  func mergeOrder() throws {
    let tokenizer = try Self.tokenizer(Self.file())
    #expect(tokenizer.encode("abc") == [4])
    #expect(tokenizer.encode("abbc ab") == [2, 6, 5, 2])
    #expect(tokenizer.id(of: "abc") == 4 && tokenizer.token(4) == "abc" && tokenizer.id(of: "x") == nil)
    #expect(tokenizer.token(7) == nil && tokenizer.vocabularySize == 7)
    #expect(try tokenizer.decode([4, 5, 1], skipSpecialTokens: true) == "abc b")
  }

  @Test(
    "long pieces, which a heap merges, come out as short ones do", arguments: [39, 40, 41, 1_000, 60_001])
  func longPieces(_ count: Int) throws {
    let tokenizer = try Self.tokenizer(Self.file())
    let text = String(repeating: "abc", count: count / 3) + String("ab".prefix(count % 3))
    let tail = [[], [0], [2]][count % 3]
    #expect(tokenizer.encode(text) == Array(repeating: 4, count: count / 3) + tail)
  }

  @Test("ids may be left out: they are nobody's, and a new token does not get them unseen")
  func holes() throws {
    let vocab = #"{"a":0,"b":2,"ab":5}"#
    let tokenizer = try Self.tokenizer(Self.file(vocab: vocab, merges: #"["a b"]"#))
    #expect(tokenizer.encode("abba") == [5, 2, 0] && tokenizer.vocabularySize == 6)
    #expect(tokenizer.token(1) == nil && tokenizer.token(5) == "ab")
    #expect(throws: TesseraError.self) { try tokenizer.decode([1], skipSpecialTokens: false) }
    var grown = tokenizer
    #expect(try grown.addSpecialToken("<s>") == 3)
    #expect(try grown.addSpecialToken("<t>") == 4)
    #expect(throws: TesseraError.self) { try grown.addSpecialToken("<u>") }
  }

  @Test("of tokens that look the same each keeps its id")
  func canonicalEquivalents() throws {
    let vocab = "{\"\u{E9}\":0,\"e\":1,\"\u{301}\":2,\"e\u{301}\":3}"
    let tokenizer = try Self.tokenizer(
      Self.file(pre: "null", decoder: #"{"type":"Fuse"}"#, vocab: vocab, merges: "[\"e \u{301}\"]"))
    #expect(tokenizer.encode("\u{E9}e\u{301}") == [0, 3])
    #expect(tokenizer.id(of: "\u{E9}") == 0 && tokenizer.id(of: "e\u{301}") == 3)
  }

  @Test("what was not changed is written back byte for byte")
  func unchanged() throws {
    let text = "\n { " + Self.file(more: "\"unknown member\" : [1, 2.50, {}],").dropFirst() + "\n"
    #expect(try Self.tokenizer(text).json() == Array(text.utf8))
  }

  @Test("an added token takes the next id, is found whole, and is written")
  func addSpecial() throws {
    for added in ["[]", #"[{"id":7,"content":"<s>","special":true}]"#] {
      var tokenizer = try Self.tokenizer(Self.file(added: added))
      let rows = tokenizer.vocabularySize
      #expect(try tokenizer.addSpecialToken("<image>") == rows)
      #expect(try tokenizer.addSpecialToken("abc") == 4)
      #expect(tokenizer.specialIDs == [4] + Array(7...rows))
      #expect(tokenizer.encode("ab<image>babcb") == [2, rows, 1, 4, 1])
      #expect(try tokenizer.decode([2, rows, 1, 4], skipSpecialTokens: true) == "abb")
      let again = try Tokenizer(json: tokenizer.json())
      #expect(
        again.encode("ab<image>babcb") == [2, rows, 1, 4, 1] && again.specialIDs == tokenizer.specialIDs)
      #expect(throws: TesseraError.self) { try tokenizer.addSpecialToken("") }
    }
    let bare = Self.file().replacing(#""added_tokens":[],"#, with: "")
    var tokenizer = try Self.tokenizer(bare)
    try tokenizer.addSpecialToken("<x>")
    #expect(try Tokenizer(json: tokenizer.json()).encode("a<x>") == [0, 7])
  }

  @Test("a stream gives no half character, and nothing that it takes back")
  func stream() throws {
    let tokenizer = try Self.bytes(special: ["<s>"])
    let text = "né 日本 👩‍👩‍👧 ok"
    var stream = StreamDecoder(tokenizer)
    var soFar = ""
    for id in [0] + tokenizer.encode(text) {
      soFar += try stream.append(id)
      #expect(text.utf8.starts(with: soFar.utf8) && !soFar.unicodeScalars.contains("\u{FFFD}"))
    }
    #expect(soFar == text && stream.finish().isEmpty)
    // A character that breaks off becomes a replacement when it is certain.
    var broken = StreamDecoder(tokenizer)
    #expect(try tokenizer.encode("日").dropLast().map { try broken.append($0) } == ["", ""])
    #expect(broken.finish() == "\u{FFFD}")
  }

  @Test("ids out of range are errors that say which and where")
  func outOfRange() throws {
    let tokenizer = try Self.tokenizer(Self.file())
    for id in [7, -1, Int.max] {
      let error = #expect(throws: TesseraError.self) {
        try tokenizer.decode([0, id], skipSpecialTokens: true)
      }
      #expect(
        error?.reason
          == .invalidInput(operation: "decode", expected: "ids from 0 to 6", got: "\(id) at position 1"))
      #expect(throws: TesseraError.self) {
        var stream = StreamDecoder(tokenizer); _ = try stream.append(id)
      }
    }
  }

  @Test("bytes that are not UTF-8 are refused with their place")
  func notUTF8() throws {
    let tokenizer = try Self.bytes()
    for (bytes, place) in [
      ([0x61, 0xFF], 1), ([0xC3], 0), ([0x61, 0xE2, 0x82], 1), ([0xED, 0xA0, 0x80], 0), ([0xC0, 0x80], 0),
      ([0xF4, 0x90, 0x80, 0x80], 0), ([0xE0, 0x80, 0x80], 0), ([0xF0, 0x9F, 0x98, 0x28], 0),
    ] as [([UInt8], Int)] {
      let error = #expect(throws: TesseraError.self) { try tokenizer.encode(utf8: bytes) }
      #expect(error?.description.contains("byte at \(place) ") == true)
    }
    #expect(try tokenizer.encode(utf8: Array("é😀\u{10FFFF}".utf8)).count == 10)
  }

  @Test(
    "a file that lies is an error with the member's path",
    arguments: [
      (file(merges: #"["a b","a x"]"#), #"model.merges[1]: the part "x" is not in model.vocab"#),
      (file(merges: #"["a c"]"#), #"model.merges[0]: the merged token "ac" is not in model.vocab"#),
      (file(merges: #"["a b c"]"#), "model.merges[0]: expected two tokens"),
      (file(merges: #"[["a"]]"#), "model.merges[0]: expected two tokens"),
      (file(merges: "3"), "model.merges: expected an array"),
      (file(vocab: #"{"a":0,"b":0}"#, merges: "[]"), #"model.vocab["b"]: the id 0 is "a"'s as well"#),
      (file(vocab: #"{"a":0,"a":1}"#, merges: "[]"), #"model.vocab["a"]: the token is there twice"#),
      (file(vocab: #"{"a":2147483648}"#, merges: "[]"), #"model.vocab["a"]: expected a number from 0 to"#),
      (file(vocab: #"{"a":2000000000}"#, merges: "[]"), #"model.vocab["a"]: the id 2000000000 leaves gaps"#),
      (file(vocab: #"{"a":-1}"#, merges: "[]"), #"model.vocab["a"]: expected a number from 0 to"#),
      (file(vocab: #"{"a":"0"}"#, merges: "[]"), #"model.vocab["a"]: expected a number"#),
      (
        file(added: #"[{"id":7,"content":"<s>"}]"#, vocab: #"{"a":0,"b":1,"c":3}"#, merges: "[]"),
        #"added_tokens[0].id: "<s>" would get the id 3, which is "c"'s"#
      ),
      (
        file(added: #"[{"id":3,"content":"<s>"}]"#),
        #"added_tokens[0].id: the id 3 of "<s>" is "c"'s already"#
      ),
      (
        file(added: #"[{"id":7,"content":"a"}]"#),
        #"added_tokens[0].id: "a" has the id 7 here and 0 in model.vocab"#
      ),
      (file(added: #"[{"id":7}]"#), "added_tokens[0].content: expected a string, found nothing"),
      (file(added: #"[{"id":4294967296,"content":"x"}]"#), "added_tokens[0].id: expected a number"),
      (file(type: "Unigram"), #"model.type: the model "Unigram""#),
      (file(type: "WordPiece"), #"model.type: the model "WordPiece""#),
      (file(normalizer: #"{"type":"BertNormalizer"}"#), "normalizer: the normalizer BertNormalizer"),
      (
        file(
          pre:
            #"{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\d+x"},"behavior":"Isolated"}]}"#
        ),
        #"pre_tokenizer.pretokenizers[0].pattern: the regular expression \d+x"#
      ),
      (file(pre: #"{"type":"Whitespace"}"#), "pre_tokenizer: the pre-tokenizer Whitespace"),
      (file(decoder: #"{"type":"CTC"}"#), "decoder: the decoder CTC"),
      (
        file(post: #"{"type":"RobertaProcessing","sep":["x",99],"cls":["y",0]}"#), "post_processor: the id 99"
      ),
      (file(more: #""dropout":0.1,"unused":1,"#).replacing(#""dropout":null,"#, with: ""), "model.dropout"),
      (file(more: #""end_of_word_suffix":"</w>","#), "model.end_of_word_suffix"),
      (file(more: #""unk_token":"<unk>","#), #"model.unk_token: "<unk>" is not in model.vocab"#),
      ("[]", "expected an object"), ("{}", "model: expected an object"), ("", "ends early"),
      (file() + "x", "expected the end"),
    ])
  func lies(_ json: String, _ message: String) throws {
    let error = #expect(throws: TesseraError.self) { try Self.tokenizer(json) }
    #expect(error?.description.contains(message) == true, "\(error?.description ?? "no error")")
  }

  @Test("every cut of a file is an error")
  func truncated() throws {
    let bytes = Array(Self.file(added: #"[{"id":7,"content":"é"}]"#).utf8)
    for length in 0..<bytes.count {
      #expect(throws: TesseraError.self) { try Tokenizer(json: Array(bytes[..<length])) }
    }
  }

  @Test("no edit of a file makes the reader trap; what is read then encodes")
  func mutations() throws {
    let file = Array(
      Self.file(
        added: #"[{"id":7,"content":"<s>","lstrip":true,"special":true,"normalized":true}]"#,
        normalizer: #"{"type":"Sequence","normalizers":[{"type":"NFC"},{"type":"Prepend","prepend":"b"}]}"#,
        pre: #"{"type":"Sequence","pretokenizers":[{"type":"Digits"},"# + Self.byteLevel + "]}",
        post: #"{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"<s>","type_id":0}},"#
          + #"{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{"<s>":{"id":"<s>","ids":[7]}}}"#
      ).utf8)
    #expect(try Tokenizer(json: file).encode("a<s>b", addSpecialTokens: true).first == 7)
    var state: UInt64 = 1
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    var (read, refused) = (0, 0)
    for _ in 0..<4_000 {
      var bytes = file
      for _ in 0...next(3) {
        let place = next(bytes.count)
        switch next(4) {
        case 0: bytes[place] = UInt8(next(256))
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(Array("0129\"{}[],:truex".utf8)[next(16)], at: place)
        default: bytes.swapAt(place, next(bytes.count))
        }
      }
      do {
        let tokenizer = try Tokenizer(json: bytes)
        let ids = tokenizer.encode("abc <s> 12 e\u{301}\u{1F600}")
        _ = try tokenizer.decode(ids, skipSpecialTokens: false)
        read += 1
      } catch is TesseraError { refused += 1 }
    }
    #expect(read > 100 && refused > 100)
  }

  @Test("a rule is known by its exact expression")
  func patterns() {
    for pattern in SplitPattern.allCases {
      #expect(SplitPattern(regex: pattern.regex) == pattern)
      #expect(SplitPattern(regex: pattern.regex + " ") == nil)
    }
  }

  @Test("a trainer refuses what it cannot keep")
  func trainer() {
    #expect(throws: TesseraError.self) { try BPETrainer(vocabularySize: 255).train() }
    #expect(throws: TesseraError.self) { try BPETrainer(vocabularySize: 300, beginning: "<s>").train() }
    #expect(throws: TesseraError.self) { try BPETrainer(vocabularySize: 300, specialTokens: [""]).train() }
    var trainer = BPETrainer(vocabularySize: 300)
    #expect(throws: TesseraError.self) { try trainer.add(utf8: [0xFF]) }
  }

  @Test("any text comes back from its ids", arguments: SplitPattern.allCases)
  func roundTrip(_ split: SplitPattern) throws {
    var trainer = BPETrainer(vocabularySize: 300, minimumFrequency: 0, split: split)
    let text = "It's 12345 o'clock,\r\n\n  SOME Words\u{3000}e\u{301}\u{85}日本語 👩‍👩‍👧!!"
    trainer.add(text)
    let tokenizer = try trainer.train()
    let ids = tokenizer.encode(text)
    #expect(ids.count < text.utf8.count)
    #expect(try tokenizer.decode(ids, skipSpecialTokens: false).utf8.elementsEqual(text.utf8))
  }

  @Test("many threads at once get the same ids")
  func threads() async throws {
    let tokenizer = try Self.tokenizer(Self.file())
    let texts = (0..<50).map { String(repeating: "abc b", count: $0) }
    let expected = texts.map { tokenizer.encode($0) }
    await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<8 { group.addTask { texts.map { tokenizer.encode($0) } == expected } }
      for await same in group { #expect(same) }
    }
  }
}
