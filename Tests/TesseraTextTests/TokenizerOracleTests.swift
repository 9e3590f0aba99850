import Foundation
import TestSupport
import TesseraText
import Testing

/// Ids beside those of the live `tokenizers` library.
@Suite("tokenizers beside Hugging Face's")
struct TokenizerOracleTests {
  /// Parts with their lengths before them.
  static func parts(_ bytes: [UInt8]) -> [[UInt8]] {
    var parts: [[UInt8]] = []
    var position = 0
    while position + 4 <= bytes.count {
      let count = Int(bytes.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: position, as: UInt32.self) })
      parts.append(Array(bytes[position + 4..<position + 4 + count]))
      position += 4 + count
    }
    return parts
  }

  static func ids(_ bytes: [UInt8]) -> [Int] {
    bytes.withUnsafeBytes { raw in
      stride(from: 0, to: raw.count, by: 4).map {
        Int(raw.loadUnaligned(fromByteOffset: $0, as: UInt32.self))
      }
    }
  }

  static let names = [
    "gpt2", "roberta", "llama3", "qwen2", "o200k", "tekken", "smollm", "few bytes", "llama2",
    "llama2, not legacy",
    "no byte fallback", "metaspace", "gemma",
  ]

  @Test("ids and the text of ids are the library's on any text", arguments: names)
  func idsEqual(_ name: String) async throws {
    let reply = try await Oracle.tokenizers.run(
      "import tokenizer_cases; out = tokenizer_cases.case(name, 7, 150, 97)", ["name": .string(name)])
    let parts = Self.parts(reply.bytes)
    let tokenizer = try Tokenizer(json: parts[0])
    #expect(tokenizer.json() == parts[0])
    var compared = 0
    for start in stride(from: 1, to: parts.count, by: 3) {
      let (text, ids) = (parts[start], Self.ids(parts[start + 1]))
      let mine = try tokenizer.encode(utf8: text)
      compared += ids.count
      guard mine == ids else {
        let place = zip(mine, ids).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? -1
        Issue.record(
          "\(name): ids differ from \(place) on in \(String(decoding: text, as: UTF8.self).debugDescription)")
        break
      }
      let decoded = try tokenizer.decode(ids, skipSpecialTokens: false)
      #expect(decoded.utf8.elementsEqual(parts[start + 2]))
      var stream = StreamDecoder(tokenizer, skipSpecialTokens: false)
      var streamed = ""
      for id in ids { streamed += try stream.append(id) }
      #expect((streamed + stream.finish()).utf8.elementsEqual(decoded.utf8))
    }
    #expect(compared > 10_000)
  }

  @Test(
    "any ids decode as the library decodes them, in a stream too",
    arguments: ["gpt2", "llama3", "llama2", "metaspace"])
  func randomIDs(_ name: String) async throws {
    let reply = try await Oracle.tokenizers.run(
      """
      import tokenizer_cases, random
      tokenizer = tokenizer_cases.CASES[name]()
      chance = random.Random(3)
      parts = [tokenizer.to_str().encode()]
      for _ in range(300):
          ids = [chance.randrange(tokenizer.get_vocab_size() if chance.random() < .3 else 259) for _ in range(12)]
          parts += [struct.pack('<12I', *ids)]
          parts += [tokenizer.decode(ids, skip_special_tokens=skip).encode() for skip in (False, True)]
      out = tokenizer_cases.pack(*parts)
      """, ["name": .string(name)])
    let parts = Self.parts(reply.bytes)
    let tokenizer = try Tokenizer(json: parts[0])
    for start in stride(from: 1, to: parts.count, by: 3) {
      let ids = Self.ids(parts[start])
      for (skips, expected) in [(false, parts[start + 1]), (true, parts[start + 2])] {
        #expect(try tokenizer.decode(ids, skipSpecialTokens: skips).utf8.elementsEqual(expected))
        var stream = StreamDecoder(tokenizer, skipSpecialTokens: skips)
        var streamed = ""
        for id in ids { streamed += try stream.append(id) }
        #expect((streamed + stream.finish()).utf8.elementsEqual(expected))
      }
    }
  }

  @Test("where ids are left out, ids are the library's, of added tokens too, whatever the file says of them")
  func holes() async throws {
    let files = [
      TokenizerTests.file(vocab: #"{"a":0,"b":2,"ab":5}"#, merges: #"["a b"]"#),
      TokenizerTests.file(
        added: #"[{"id":1,"content":"<s>","special":true}]"#, vocab: #"{"a":0,"b":2,"ab":5}"#,
        merges: #"["a b"]"#),
      TokenizerTests.file(
        added: #"[{"id":6,"content":"<s>","special":true},{"id":9,"content":"<t>","special":true}]"#,
        vocab: #"{"a":0,"b":2,"ab":5}"#, merges: #"["a b"]"#),
      TokenizerTests.file(
        added: #"[{"id":7,"content":"<s>","special":true},{"id":30,"content":"<t>","special":true}]"#,
        vocab: #"{"a":0,"b":2,"ab":5,"<s>":7}"#, merges: #"["a b"]"#),
      TokenizerTests.file(
        added: #"[{"id":9,"content":"<s>","special":true},{"id":20,"content":"<t>","special":true}]"#,
        merges: #"["a b"]"#),
    ]
    let text = "ab<s>ba<t>b a"
    for file in files {
      let full = file.replacing(
        #""special":true}"#,
        with: #""special":true,"single_word":false,"lstrip":false,"rstrip":false,"normalized":false}"#)
      let reply = try await Oracle.tokenizers.run(
        "from tokenizers import Tokenizer; out = Tokenizer.from_str(file).encode(text).ids",
        ["file": .string(full), "text": .string(text)])
      #expect(try Tokenizer(json: Array(full.utf8)).encode(text) == reply.json([Int].self), "\(full)")
    }
  }

  @Test("a file with tokens added loads in the library and gives the same ids")
  func addedTokensRead() async throws {
    let reply = try await Oracle.tokenizers.run(
      "import tokenizer_cases; out = tokenizer_cases.pack(tokenizer_cases.CASES['llama2']().to_str().encode())"
    )
    var tokenizer = try Tokenizer(json: Self.parts(reply.bytes)[0])
    let rows = tokenizer.vocabularySize
    #expect(try tokenizer.addSpecialToken("<image>") == rows)
    #expect(try tokenizer.addSpecialToken("<pad>") == rows + 1)
    #expect(try tokenizer.addSpecialToken("<image>") == rows)
    #expect(tokenizer.vocabularySize == rows + 2)
    let text = "What is it? <image>\n<pad> é"
    let answer = try await Oracle.tokenizers.run(
      "from tokenizers import Tokenizer; out = Tokenizer.from_str(bytes(file).decode()).encode(text).ids",
      ["file": .bytes(tokenizer.json()), "text": .string(text)])
    #expect(try answer.json([Int].self) == tokenizer.encode(text))
    #expect(tokenizer.encode(text).contains(rows))
  }

  @Test(
    "a trained vocabulary and its merges are the library's",
    arguments: zip(SplitPattern.allCases, [0, 2, 5, 2, 0]))
  func training(_ split: SplitPattern, _ minimum: Int) async throws {
    let texts = Self.parts(
      try await Oracle.tokenizers.run(
        "import tokenizer_cases; out = tokenizer_cases.pack(*(t.encode() for t in tokenizer_cases.corpus()[20:]))"
      ).bytes)
    var trainer = BPETrainer(
      vocabularySize: 900, minimumFrequency: minimum, specialTokens: ["<a>", "<b>"],
      initialAlphabet: minimum == 5 ? .seenBytes : .allBytes, split: split, composes: split == .qwen2,
      beginning: "<a>", end: "<b>")
    for text in texts { try trainer.add(utf8: text) }
    try await expectEqual(try trainer.train(), minimum, isSeen: minimum == 5, texts)
  }

  @Test("pairs that come again after they were merged are merged as the library does it", arguments: 0..<6)
  func smallAlphabet(_ seed: Int) async throws {
    var state = UInt64(seed) &+ 99
    func next(_ limit: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % limit
    }
    let texts = (0..<60).map { _ in
      (0..<next(40) + 1).map { _ in [0x61, 0x62, 0x61, 0x20][next(4)] as UInt8 }
    }
    var trainer = BPETrainer(
      vocabularySize: 700, minimumFrequency: 0, specialTokens: ["<a>", "<b>"], split: .gpt2)
    for text in texts { try trainer.add(utf8: text) }
    try await expectEqual(try trainer.train(), 0, isSeen: false, texts)
  }

  /// The library trains with the rules of `tokenizer`'s own file.
  private func expectEqual(_ tokenizer: Tokenizer, _ minimum: Int, isSeen: Bool, _ texts: [[UInt8]])
    async throws
  {
    let packed = texts.flatMap { text in
      withUnsafeBytes(of: UInt32(text.count).littleEndian) { Array($0) } + text
    }
    let reply = try await Oracle.tokenizers.run(
      """
      import tokenizer_cases
      from tokenizers import Tokenizer, models, pre_tokenizers, trainers
      mine = json.loads(bytes(file))
      loaded = Tokenizer.from_str(bytes(file).decode())
      theirs = Tokenizer(models.BPE())
      theirs.pre_tokenizer, theirs.decoder = loaded.pre_tokenizer, loaded.decoder
      if mine['normalizer']: theirs.normalizer = loaded.normalizer
      texts, data = [], bytes(packed)
      while data:
          count, = struct.unpack_from('<I', data)
          texts.append(data[4:4 + count].decode())
          data = data[4 + count:]
      theirs.train_from_iterator(texts, trainers.BpeTrainer(
          vocab_size=size, min_frequency=minimum, special_tokens=['<a>', '<b>'], show_progress=False,
          initial_alphabet=[] if seen else pre_tokenizers.ByteLevel.alphabet()))
      theirs = json.loads(theirs.to_str())
      out = [mine['model']['vocab'] == theirs['model']['vocab'], mine['added_tokens'] == theirs['added_tokens'],
             mine['model']['merges'] == [list(pair) for pair in theirs['model']['merges']],
             len(mine['model']['merges']) > 20, loaded.encode('hi there').ids == ids]
      """,
      [
        "file": .bytes(tokenizer.json()), "packed": .bytes(packed), "minimum": .int(minimum),
        "seen": .bool(isSeen),
        "size": .int(texts.count == 60 ? 700 : 900), "ids": .json("\(tokenizer.encode("hi there"))"),
      ])
    #expect(try reply.json([Bool].self) == [true, true, true, true, true])
  }
}
