import TesseraCore
import Testing

import TesseraText

/// Bytes as ids, with a token of beginning and one of end; counts its calls.
// @unchecked: each test has one of its own and uses it in one task.
final class ByteEncoder: TextEncoder, @unchecked Sendable {
  var calls: [(String, TextContext)] = []
  let front: [Int]

  init(front: [Int] = [256]) { self.front = front }

  func encode(_ text: String, after context: TextContext) -> [Int] {
    calls.append((text, context))
    return text.utf8.map { Int($0) }
  }

  func isToken(_ id: Int) -> Bool { id == 120 }
}

@Suite struct SampleTokenizerTests {
  let segments: [TextSegment] = [
    .text("ab", isLearned: false), .image(0), .text("q", isLearned: false), .text("xyz", isLearned: true),
  ]

  private func sample(
    _ segments: [TextSegment], _ images: [Int], length: Int? = nil, _ policy: OverflowPolicy = .error,
    front: [Int] = [256]
  ) throws -> SampleOutcome {
    let encoder = ByteEncoder(front: front)
    let outcome = try SampleTokenizer(
      encoder: encoder, imageToken: 999, maximumLength: length, overflow: policy
    ).tokenize(segments, imageTokens: images)
    // Once each, and only the first begins a text.
    let texts = segments.compactMap { if case .text(let text, _) = $0 { text } else { nil } }
    #expect(encoder.calls.map(\.0) == texts)
    return outcome
  }

  @Test("ids, mask and picture spans come out of one pass, the front once")
  func onePass() throws {
    let expected = TokenizedSample(
      ids: [256, 97, 98, 999, 999, 999, 113, 120, 121, 122],
      isLearned: [false, false, false, false, false, false, false, true, true, true],
      imageSpans: [.init(image: 0, range: 3..<6)])
    #expect(try sample(segments, [3]) == .sample(expected))
  }

  @Test("a front that the text brings along is not put twice")
  func front() throws {
    guard case .sample(let sample) = try sample(segments, [1], front: [97]) else {
      Issue.record("dropped")
      return
    }
    #expect(sample.ids == [97, 98, 999, 113, 120, 121, 122])
  }

  @Test("a sample with nothing to learn, and pictures that disagree, are errors")
  func refusals() {
    let wrong: [([TextSegment], [Int])] = [
      ([.text("a", isLearned: false)], []), (segments, []), (segments, [1, 1]), (segments, [0]),
      ([.image(0), .image(0), .text("a", isLearned: true)], [1]),
    ]
    for (segments, images) in wrong {
      let tokenizer = SampleTokenizer(encoder: ByteEncoder(), imageToken: 999)
      #expect(throws: TesseraError.self) { try tokenizer.tokenize(segments, imageTokens: images) }
    }
    let speaking = SampleTokenizer(encoder: ByteEncoder(), imageToken: 97)
    #expect(throws: TesseraError.self) {
      try speaking.tokenize([.text("a", isLearned: true)], imageTokens: [])
    }
  }

  @Test(
    "for every length, a policy keeps pictures whole and counts what it does",
    arguments: OverflowPolicy.allCases)
  func overflow(_ policy: OverflowPolicy) throws {
    var report = OverflowReport()
    for length in 0...11 {
      if policy == .error, length < 10 {
        #expect(throws: TesseraError.self) { try sample(segments, [3], length: length, policy) }
        continue
      }
      let outcome = try sample(segments, [3], length: length, policy)
      report.add(outcome)
      switch outcome {
      case .dropped(let count): #expect(count == 10 && length < (policy == .drop ? 10 : 8))
      case .sample(let sample):
        #expect(sample.ids.count == min(length, 10) && sample.isLearned.count == sample.ids.count)
        #expect(sample.imageSpans == [.init(image: 0, range: 3..<6)])
        #expect(sample.cutTokens == 10 - sample.ids.count && sample.learnedCount == sample.ids.count - 7)
      }
    }
    let counts = [OverflowPolicy.error: [2, 0, 0, 0], .drop: [12, 10, 0, 0], .cutText: [12, 8, 2, 3]][policy]
    #expect([report.samples, report.dropped, report.cut, report.cutTokens] == counts)
  }

  @Test("ids of random segments are the segments' ids in order, and the mask theirs")
  func random() throws {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      var segments: [TextSegment] = [.text("é", isLearned: true)]
      var images: [Int] = []
      for _ in 0..<Int.random(in: 0...9, using: &generator) {
        if Bool.random(using: &generator) {
          segments.append(.image(images.count))
          images.append(Int.random(in: 1...5, using: &generator))
        } else {
          segments.append(
            .text(
              ["日本", "a", "\r\n"].randomElement(using: &generator)!, isLearned: .random(using: &generator)))
        }
      }
      guard case .sample(let sample) = try sample(segments, images) else {
        Issue.record("dropped")
        return
      }
      var expected: [(Int, Bool)] = [(256, false)]
      for segment in segments {
        switch segment {
        case .text(let text, let isLearned): expected += text.utf8.map { (Int($0), isLearned) }
        case .image(let image): expected += Array(repeating: (999, false), count: images[image])
        }
      }
      #expect(sample.ids == expected.map(\.0) && sample.isLearned == expected.map(\.1))
    }
  }
}
