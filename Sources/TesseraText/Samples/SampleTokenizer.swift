internal import TesseraCore

/// Makes ids and the mask of learned tokens out of segments, in one pass.
///
/// Each segment is tokenised once, and the mask comes from the segments, never from ids: so ids and mask cannot
/// disagree.
package struct SampleTokenizer<Encoder: TextEncoder> {
  package var encoder: Encoder
  /// The id that stands for a piece of a picture.
  package var imageToken: Int
  /// The longest sample; nil for any length.
  package var maximumLength: Int?
  package var overflow: OverflowPolicy

  package init(
    encoder: Encoder, imageToken: Int, maximumLength: Int? = nil, overflow: OverflowPolicy = .error
  ) {
    self.encoder = encoder
    self.imageToken = imageToken
    self.maximumLength = maximumLength
    self.overflow = overflow
  }

  /// The sample of segments.
  ///
  /// - Parameter imageTokens: how many tokens each picture has.
  /// - Throws: `invalidInput` where nothing is learned (unless it is a prompt), where pictures and segments disagree, or
  ///   where text holds the picture's token; `limitExceeded` for one too long under the policy `error`; what the
  ///   tokenizer throws.
  package func tokenize(
    _ segments: [TextSegment], imageTokens: [Int], isPrompt: Bool = false
  ) throws -> SampleOutcome {
    var sample = try build(segments, imageTokens)
    guard isPrompt || sample.learnedCount > 0 else {
      throw TesseraError(
        .invalidInput(
          operation: "a training sample", expected: "a token that is learned",
          got: "none in \(sample.ids.count)"))
    }
    guard let maximumLength, sample.ids.count > maximumLength else { return .sample(sample) }
    let length = sample.ids.count
    switch overflow {
    case .error:
      throw TesseraError(.limitExceeded(what: "tokens of a sample", limit: maximumLength, found: length))
    case .drop: return .dropped(length: length)
    case .cutText:
      let end = max(0, maximumLength)
      let keepsImages = sample.imageSpans.allSatisfy { $0.range.upperBound <= end }
      guard keepsImages, isPrompt || sample.isLearned[..<end].contains(true) else {
        return .dropped(length: length)
      }
      sample.ids.removeSubrange(end...)
      sample.isLearned.removeSubrange(end...)
      sample.cutTokens = length - end
      return .sample(sample)
    }
  }

  private func build(_ segments: [TextSegment], _ imageTokens: [Int]) throws -> TokenizedSample {
    var sample = TokenizedSample(ids: [], isLearned: [], imageSpans: [])
    func add(_ ids: [Int], _ isLearned: Bool) {
      sample.ids += ids
      sample.isLearned += repeatElement(isLearned, count: ids.count)
    }
    var seen: Set<Int> = []
    var context = TextContext.nothing
    for (index, segment) in segments.enumerated() {
      switch segment {
      case .text(let text, let isLearned):
        let ids = try encoder.encode(text, after: context)
        guard !ids.contains(imageToken) else {
          throw TesseraError(
            .invalidInput(
              operation: "the text of segment \(index + 1)", expected: "no picture's token in it", got: "one")
          )
        }
        // A template may write the front itself (Llama 3's does).
        if index == 0, !ids.starts(with: encoder.front) { add(encoder.front, false) }
        add(ids, isLearned)
        context = ids.last.map { encoder.isToken($0) ? .token($0) : .text } ?? context
      case .image(let image):
        guard imageTokens.indices.contains(image), seen.insert(image).inserted, imageTokens[image] > 0 else {
          throw TesseraError(
            .invalidInput(
              operation: "picture \(image + 1) of the text",
              expected: "one of \(imageTokens.count) pictures, once",
              got: seen.contains(image) ? "it again" : "none"))
        }
        if index == 0 { add(encoder.front, false) }
        let start = sample.ids.count
        add(Array(repeating: imageToken, count: imageTokens[image]), false)
        context = .token(imageToken)
        sample.imageSpans.append(.init(image: image, range: start..<sample.ids.count))
      }
    }
    guard seen.count == imageTokens.count else {
      throw TesseraError(
        .invalidInput(operation: "the text", expected: "\(imageTokens.count) pictures", got: "\(seen.count)"))
    }
    return sample
  }
}
