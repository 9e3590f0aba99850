private import Foundation
internal import TesseraCore
internal import TesseraData
internal import TesseraText

/// Puts held-out preferences to a reward model, with their own pictures and, as controls, with others and with none to
/// see.
///
/// A model that tells better from worse as well with another picture has not looked at it.
public struct PairEvaluator: Sendable {
  /// A pair that was scored.
  public struct ScoredPair: Sendable, Hashable, Codable {
    /// How much higher the better answer scored, as the head gives it (not normalised).
    public var lead: Double
    /// UTF-8 bytes that the better answer has more than the worse one.
    public var extraBytes: Int
    /// 1 over the pairs of its prompt.
    public var weight: Double
    public var category: String?

    public init(lead: Double, extraBytes: Int, weight: Double = 1, category: String? = nil) {
      (self.lead, self.extraBytes, self.weight, self.category) = (lead, extraBytes, weight, category)
    }
  }

  public let name: String
  public let content: TrainingSource
  /// Prompts that go through the model together.
  public var batch = 32
  /// The loader's threads; nil for one a core.
  public var threads: Int?
  /// The processes that score together, batch by batch in turn; they find the same.
  public var group = ProcessGroup.alone
  private let builder: SampleBuilder
  private let isFixedSize: Bool

  /// - Parameters:
  ///   - content: preferences, as `TrainingSource.open` gives them.
  ///   - isFixedSize: whether the processor brings every picture to one size.
  public init(_ name: String, _ content: TrainingSource, _ builder: SampleBuilder, isFixedSize: Bool) {
    (self.name, self.content, self.builder, self.isFixedSize) = (name, content, builder, isFixedSize)
  }

  /// Scores every pair by a reward model.
  ///
  /// - Throws: what the loader and the model throw.
  public func pairs(_ model: RewardModel, _ sight: Evaluator.Sight = .real) throws -> [ScoredPair] {
    try pairs(sight) { batch in
      try noGrad { try model.rawScores(batch.texts, places: batch.places).array(of: Double.self) }
    }
  }

  /// Scores every pair.
  ///
  /// - Parameter scores: what each text of a batch is worth.
  /// - Throws: what the loader and the scores throw.
  public func pairs(_ sight: Evaluator.Sight = .real, by scores: (RankedBatch) throws -> [Double]) throws
    -> [ScoredPair]
  {
    let samples = try content.samples()
    let shown: any Dataset = sight == .shuffled ? OtherPictures(samples) : samples
    let batches = DealtBatches(samples: samples.count, size: batch, rank: group.place)
    func loader(_ dataset: some Dataset) -> DataLoader {
      DataLoader(
        builder.processor.prepared(dataset), batches: batches, threads: threads,
        collator: isFixedSize ? .stack : .list)
    }
    let iterator = loader(shown).epoch(0).makeBatchIterator()
    let layout = RankedLayout(builder: builder, microSamples: batch)
    return try group.deal((samples.count + batch - 1) / batch) { _ -> [ScoredPair] in
      // This rank's batches come in the order in which its pieces are asked for.
      guard let loaded = try iterator.nextBlocking() else { return [] }
      var found: [ScoredPair] = []
      for var part in try layout.step(loaded).batches {
        if sight == .blank { part.texts = part.texts.blank }
        let scores = try scores(part)
        found += part.pairs.map { pair in
          let group = part.groups[pair.group]
          func bytes(_ row: Int) -> Int { group.bytes[row - group.rows.lowerBound] }
          return ScoredPair(
            lead: scores[pair.better] - scores[pair.worse],
            extraBytes: bytes(pair.better) - bytes(pair.worse),
            weight: pair.weight, category: group.category)
        }
      }
      return found
    }.flatMap { $0 }
  }
}

/// What scored pairs come to.
public struct PairScores: Sendable, Hashable {
  /// Of the pairs' weights, the share whose better answer scores higher; ties count half. 0...1.
  public var accuracy: Double
  /// The same by category.
  public var byCategory: [String: Double]
  /// What always taking the shorter answer, or always the longer one, would reach, whichever is more: what length alone tells.
  public var lengthOnly: Double
  /// The mean of −log σ(lead): the loss without margin and centring.
  public var loss: Double
  /// How far σ(lead) is from the share of pairs that are right, averaged over ten bins of σ weighed by their pairs: the
  /// expected calibration error (Guo et al. 2017). 0...1.
  public var calibrationError: Double
  /// σ(|lead|) from 0.5 to 1 in bins: the mean confidence, the share that is right, and the pairs.
  public var bins: [Bin]
  public var pairs: Int

  public struct Bin: Sendable, Hashable {
    public var confidence: Double
    public var accuracy: Double
    public var pairs: Int
  }

  /// - Throws: `invalidInput` for no pairs.
  public init(_ pairs: [PairEvaluator.ScoredPair]) throws {
    guard !pairs.isEmpty else {
      throw TesseraError(.invalidInput(operation: "scoring preferences", expected: "a pair", got: "none"))
    }
    func share(_ pairs: [PairEvaluator.ScoredPair], _ number: (PairEvaluator.ScoredPair) -> Double) -> Double
    {
      let total = pairs.reduce(0) { $0 + $1.weight }
      return pairs.reduce(0) { $0 + number($1) * $1.weight } / total
    }
    func isRight(_ lead: Double) -> Double { lead > 0 ? 1 : lead == 0 ? 0.5 : 0 }
    self.pairs = pairs.count
    accuracy = share(pairs) { isRight($0.lead) }
    byCategory = Dictionary(grouping: pairs.filter { $0.category != nil }) { $0.category ?? "" }
      .mapValues { share($0) { isRight($0.lead) } }
    let longer = share(pairs) { isRight(Double($0.extraBytes)) }
    lengthOnly = max(longer, 1 - longer)
    loss = share(pairs) { max(0, -$0.lead) + log1p(exp(-abs($0.lead))) }
    bins = []
    var error = 0.0
    for number in 0..<10 {
      // Confidence is at least a half: which of the two is called better is the model's own choice.
      let range = 0.5 + Double(number) * 0.05..<(number == 9 ? 1.1 : 0.55 + Double(number) * 0.05)
      let inside = pairs.filter { range.contains(1 / (1 + exp(-abs($0.lead)))) }
      guard !inside.isEmpty else { continue }
      let bin = Bin(
        confidence: share(inside) { 1 / (1 + exp(-abs($0.lead))) },
        accuracy: share(inside) { isRight($0.lead) }, pairs: inside.count)
      bins.append(bin)
      error += abs(bin.confidence - bin.accuracy) * Double(inside.count) / Double(pairs.count)
    }
    calibrationError = error
  }
}
