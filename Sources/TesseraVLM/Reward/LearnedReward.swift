internal import TesseraCore
internal import TesseraData
internal import TesseraText

/// A reward model as a reward: answers' normalised scores.
///
/// An answer is scored at the token that ends it; one that was cut off has none and is scored at its last. A score hangs on
/// its own answer alone.
public struct LearnedReward: Reward {
  public let name: String
  public let model: RewardModel
  /// Answers that go through the model together.
  public var batch = 64
  private let builder: SampleBuilder

  /// - Parameters:
  ///   - processor: of the model's directory.
  ///   - name: what tables and logs call it.
  public init(_ model: RewardModel, _ processor: Processor, name: String = "learned reward") {
    (self.model, self.name) = (model, name)
    builder = SampleBuilder(processor)
  }

  /// - Throws: what pictures and the template throw.
  public func scores(_ replies: [Evaluator.Reply]) throws -> [Double] {
    var scores: [Double] = []
    for start in stride(from: 0, to: replies.count, by: max(1, batch)) {
      let part = Array(replies[start..<min(start + batch, replies.count)])
      let (texts, places) = try texts(part)
      scores += try model.scores(texts, places: places)
    }
    return scores
  }

  /// The answers with their prompts, and the places that are scored. Answers to one question that follow one another stand
  /// in one text behind it.
  func texts(_ replies: [Evaluator.Reply]) throws -> (TokenBatch, places: [Int]) {
    var samples: [TokenizedSample] = []
    var pictures = PictureShelf(builder.processor)
    var shown: [Range<Int>] = []
    for reply in replies {
      let range = try pictures.add(reply.question.pictures)
      samples.append(try sample(reply, imageTokens: Array(pictures.counts[range])))
      shown.append(range)
    }
    let asked = zip(replies, shown).map { Asked(messages: $0.question.messages, pictures: $1) }
    let batch = TokenBatch(
      samples, pixels: pictures.groups, padToken: builder.processor.padToken ?? 0,
      shared: TokenBatch.SharedPictures(first: shown.map(\.lowerBound), counts: pictures.counts),
      branching: asked.runs)
    return (batch, batch.ends)
  }

  /// What makes two questions one.
  private struct Asked: Equatable {
    var messages: [ChatMessage]
    var pictures: Range<Int>
  }

  /// An answer that spells out a token of structure, letter by letter, does not become one: the token loses its first character.
  private func plain(_ answer: String) -> String {
    let processor = builder.processor
    let ids = [processor.config.imageToken] + processor.endTokens + [processor.padToken].compactMap { $0 }
    return ids.compactMap { processor.tokenizer.token($0) }.reduce(answer) { text, token in
      token.count > 1 && text.contains(token) ? text.replacing(token, with: token.dropFirst()) : text
    }
  }

  /// The prompt with the answer; without the end where the answer has none.
  private func sample(_ reply: Evaluator.Reply, imageTokens: [Int]) throws -> TokenizedSample {
    // Templates put white space before an answer themselves, which is part of what a model generates.
    let messages = reply.question.messages + [ChatMessage(role: "assistant", plain(reply.answer).trimmed)]
    do {
      guard case .sample(var sample) = try builder.tokenize(messages, imageTokens: imageTokens) else {
        preconditionFailure("a builder without a limit drops nothing")
      }
      if !reply.isStopped {
        let end = max(1, sample.endPlace)
        sample.ids.removeSubrange(end...)
        sample.isLearned.removeSubrange(end...)
      }
      return sample
    } catch let error as TesseraError { throw error.with(path: reply.question.name) }
  }
}
