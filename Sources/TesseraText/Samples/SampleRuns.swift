internal import TesseraCore

/// What a token of a sample is to the loss.
enum TokenState: String, Sendable {
  case learned, ignored, image
}

/// Tokens of one kind that stand side by side; a picture's are one run.
struct SampleRun: Sendable {
  var state: TokenState
  var range: Range<Int>
  /// Which picture, of an image run.
  var image: Int?

  /// The runs of a sample in order.
  static func runs(_ sample: TokenizedSample) -> [SampleRun] {
    var runs: [SampleRun] = []
    var place = 0
    var spans = sample.imageSpans[...]
    while place < sample.ids.count {
      if let span = spans.first, span.range.lowerBound == place, !span.range.isEmpty {
        runs.append(SampleRun(state: .image, range: span.range, image: span.image))
        place = span.range.upperBound
        spans = spans.dropFirst()
        continue
      }
      let state: TokenState = sample.isLearned[place] ? .learned : .ignored
      let limit = spans.first?.range.lowerBound ?? sample.ids.count
      var end = place + 1
      while end < limit, sample.isLearned[end] == sample.isLearned[place] { end += 1 }
      runs.append(SampleRun(state: state, range: place..<end))
      place = end
    }
    return runs
  }

  /// - Throws: `invalidInput` where there is not one string for each token.
  static func check(_ sample: TokenizedSample, _ texts: [String]) throws {
    guard texts.count == sample.ids.count else {
      throw TesseraError(
        .invalidInput(
          operation: "showing a sample", expected: "a string for each of \(sample.ids.count) tokens",
          got: "\(texts.count) strings"))
    }
  }

  /// `12 of 40 tokens learned (30.0 %)`.
  static func share(_ sample: TokenizedSample) -> String {
    let tenths = Int((sample.learnedShare * 1000).rounded())
    return "\(sample.learnedCount) of \(sample.ids.count) tokens learned (\(tenths / 10).\(tenths % 10) %)"
  }
}
