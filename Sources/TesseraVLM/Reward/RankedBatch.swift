internal import TesseraCore
internal import TesseraData
internal import TesseraText

/// Prompts with their answers, of which some are better than others. All answers of a prompt stand in one text behind what
/// they begin with, which goes through the model once.
public struct RankedBatch: Sendable {
  /// The answers of one prompt.
  public struct Group: Sendable, Hashable {
    /// Its answers' numbers, the best one first.
    public var rows: Range<Int>
    /// Of each answer: smaller is better, and equal ranks are not compared.
    public var ranks: [Int]
    /// Of each answer: by how much the first is better, in the reward's unit.
    public var margins: [Double]
    /// UTF-8 bytes of each answer.
    public var bytes: [Int]
    /// What reports group the prompt by; nil where there is nothing.
    public var category: String?

    public init(rows: Range<Int>, ranks: [Int], margins: [Double], bytes: [Int], category: String? = nil) {
      (self.rows, self.ranks, self.margins, self.bytes) = (rows, ranks, margins, bytes)
      self.category = category
    }
  }

  /// The prompts with their answers, of which the answers are learned.
  public var texts: TokenBatch
  /// The place, among the B·T, that ends each answer: its score's.
  public var places: [Int]
  /// Tokens of each answer, the one that ends it included.
  public var lengths: [Int]
  public var groups: [Group]

  public init(texts: TokenBatch, places: [Int], lengths: [Int], groups: [Group]) {
    (self.texts, self.places, self.lengths, self.groups) = (texts, places, lengths, groups)
  }

  /// Two answers of which the first is better, and by how much at the least.
  struct Pair: Hashable {
    var group: Int
    var better, worse: Int
    var margin: Double
    /// 1 over the pairs of its prompt.
    var weight: Double
  }

  /// All pairs of all prompts, prompt by prompt.
  var pairs: [Pair] {
    groups.enumerated().flatMap { number, group -> [Pair] in
      var pairs: [Pair] = []
      for (a, b) in group.ranks.indices.flatMap({ a in group.ranks.indices.map { (a, $0) } })
      where group.ranks[a] < group.ranks[b] {
        pairs.append(
          Pair(
            group: number, better: group.rows.lowerBound + a, worse: group.rows.lowerBound + b,
            margin: max(0, group.margins[b] - group.margins[a]), weight: 0))
      }
      for index in pairs.indices { pairs[index].weight = 1 / Double(pairs.count) }
      return pairs
    }
  }
}

/// One prompt's answers as texts.
struct RankedSample: Sendable {
  /// The prompt with each answer, the best first.
  var answers: [TokenizedSample]
  var ranks: [Int]
  var margins: [Double]
  /// UTF-8 bytes of each answer.
  var bytes: [Int]
  var category: String?

  /// All texts as one, for counting.
  var joined: TokenizedSample {
    TokenizedSample(
      ids: answers.flatMap(\.ids), isLearned: answers.flatMap(\.isLearned),
      imageSpans: answers.first?.imageSpans ?? [])
  }
}

extension SampleBuilder {
  /// The texts of a record's prompt with each of its answers; nil where the overflow policy leaves one out.
  ///
  /// - Throws: as `tokenize`; `invalidInput` for a record without answers that are worse, and for an overflow policy that
  ///   would cut an answer, which would be scored by half.
  func rank(_ sample: Sample, imageTokens: [Int]) throws -> RankedSample? {
    guard !sample.rejected.isEmpty, let last = sample.conversation.last, last.role == .assistant else {
      throw TesseraError(
        .invalidInput(
          operation: "a preference", expected: "an answer, and one that is worse (chosen and rejected)",
          got: "a record that compares nothing"),
        path: sample.name)
    }
    let texts = [last.text] + sample.rejected.map(\.text)
    var result = RankedSample(
      answers: [], ranks: [0] + sample.rejected.map(\.rank), margins: [0] + sample.rejected.map(\.margin),
      bytes: texts.map(\.utf8.count), category: sample.category)
    for text in texts {
      var one = sample
      one.conversation[one.conversation.count - 1].text = text
      guard case .sample(let tokens) = try tokenize(one, imageTokens: imageTokens) else { return nil }
      guard tokens.cutTokens == 0 else {
        throw TesseraError(
          .limitExceeded(
            what: "tokens of an answer that is compared (an answer cut short would be scored by half)",
            limit: tokens.ids.count, found: tokens.ids.count + tokens.cutTokens),
          path: sample.name)
      }
      result.answers.append(tokens)
    }
    return result
  }
}

extension SampleFeed where Rows == RankedBatch {
  /// Prompts with better and worse answers; a step's samples are prompts.
  ///
  /// - Throws: `invalidInput` for no samples; `invalidArgument` for packing, which would hide answers from one another for
  ///   nothing.
  convenience init(
    ranking sources: [TrainingSource], _ builder: SampleBuilder, _ options: FeedOptions, fixedSize: Bool
  ) throws {
    guard options.packing == nil else {
      throw TesseraError(
        .invalidArgument(name: "packing", expected: "none where answers are compared", got: "packing"))
    }
    try self.init(sources, builder, options, fixedSize: fixedSize) { _ in
      RankedLayout(builder: builder, microSamples: options.microSamples).step
    }
  }
}

/// Lays a loader's batch out as prompts with their answers.
struct RankedLayout: Sendable {
  let builder: SampleBuilder
  let microSamples: Int?

  @Sendable func step(_ batch: Batch) throws -> StepBatches<RankedBatch> {
    let pictures = try BatchPictures(batch)
    var prompts: [(sample: RankedSample, pixels: Range<Int>)] = []
    var first = 0
    for row in 0..<batch.count {
      let range = first..<first + batch.imageCounts[row]
      first = range.upperBound
      let record = Sample(
        name: batch.names[row], conversation: batch.conversations[row], rejected: batch.rejected[row],
        category: batch.categories[row])
      let counts = range.map { pictures.tokens($0, builder.processor.config) }
      if let sample = try builder.rank(record, imageTokens: counts) { prompts.append((sample, range)) }
    }
    let size = max(1, microSamples ?? prompts.count)
    let batches = stride(from: 0, to: prompts.count, by: size).map { start in
      rank(Array(prompts[start..<min(start + size, prompts.count)]), pictures)
    }
    return StepBatches(
      batches, units: batches.map(\.groups.count), tokens: batches.reduce(0) { $0 + $1.texts.tokens },
      images: first, samples: batch.names, failures: batch.failures.map { "\($0)" })
  }

  private func rank(_ prompts: [(sample: RankedSample, pixels: Range<Int>)], _ pictures: BatchPictures)
    -> RankedBatch
  {
    var (texts, groups): ([TokenizedSample], [RankedBatch.Group]) = ([], [])
    var (first, used): ([Int], [Int]) = ([], [])
    for (sample, range) in prompts {
      groups.append(
        RankedBatch.Group(
          rows: texts.count..<texts.count + sample.answers.count, ranks: sample.ranks,
          margins: sample.margins,
          bytes: sample.bytes, category: sample.category))
      texts += sample.answers
      first += sample.answers.map { _ in used.count }
      used += range
    }
    let config = builder.processor.config
    let counts = used.map { pictures.tokens($0, config) }
    let batch = TokenBatch(
      texts, pixels: pictures.groups(used), padToken: builder.processor.padToken ?? 0,
      shared: TokenBatch.SharedPictures(first: first, counts: counts), branching: groups.map(\.rows))
    return RankedBatch(
      texts: batch, places: batch.ends, lengths: texts.map(\.learnedCount), groups: groups)
  }
}
