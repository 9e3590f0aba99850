internal import TesseraCore

/// Learning from preferences without a reward model: DPO, IPO or SimPO.
public final class PreferenceTask: TrainingTask {
  public let policy: LlavaModel
  public let selection: ParameterPlan.Selection
  public let feed: SampleFeed<RankedBatch>
  public let objective: PreferenceLoss
  /// What an exported directory gets besides config and weights.
  public var sideFiles = SideFiles()
  /// The directory whose weights an adapter is trained on; nil where the policy itself is trained.
  public var base: Checkpoint?
  public var checkpointsGradients = false
  private let own: PolicyModel
  private let reference: PolicyModel?

  /// - Parameters:
  ///   - plan: which parts of the policy are trained.
  ///   - reference: what the policy is held to; nil only for SimPO.
  ///   - banned: tokens that are never drawn, and have no part in a probability.
  init(
    _ policy: LlavaModel, _ plan: ParameterPlan, reference: LlavaModel?, banned: Set<Int>,
    _ objective: PreferenceLoss,
    _ feed: SampleFeed<RankedBatch>
  ) throws {
    precondition(
      reference != nil || !objective.usesReference, "\(objective.kind.rawValue) without a reference")
    (self.policy, self.objective, self.feed) = (policy, objective, feed)
    own = PolicyModel(policy, temperature: 1, banned: banned)
    self.reference = reference.map { PolicyModel($0, temperature: 1, banned: banned) }
    selection = try plan.apply(to: policy)
  }

  public var parameters: [NamedParameter] { selection.trained }

  public func nextStep() throws -> StepBatches<RankedBatch>? { try feed.next() }

  public func loss(_ batch: RankedBatch) throws -> TorchTensor {
    let pairs = batch.pairs
    let sums = try sums(own, batch, checkpointing: checkpointsGradients)
    let theirs = try reference.map { reference in try noGrad { try self.sums(reference, batch) } }
    func chosen(_ sums: TorchTensor) -> PreferenceLoss.Sums {
      func rows(_ rows: [Int]) -> TorchTensor {
        sums.indexSelect(0, TorchTensor(rows.map { Int64($0) }, shape: [rows.count]).to(device: sums.device))
      }
      return PreferenceLoss.Sums(better: rows(pairs.map(\.better)), worse: rows(pairs.map(\.worse)))
    }
    let each = objective(
      chosen(sums), reference: theirs.map(chosen),
      lengths: (pairs.map { batch.lengths[$0.better] }, pairs.map { batch.lengths[$0.worse] }))
    let weights = TorchTensor(pairs.map(\.weight), shape: [pairs.count])
    return (each * weights.to(each.type, device: each.device)).sum()
  }

  /// Σ log π over each answer's tokens.
  ///
  /// - Shape: `[B]`.
  private func sums(_ model: PolicyModel, _ batch: RankedBatch, checkpointing: Bool = false) throws
    -> TorchTensor
  {
    let distributions = try model.distributions(batch.texts, checkpointing: checkpointing)
    return AnswerSums(batch.lengths)(PolicyModel.own(distributions, batch.texts))
  }

  /// What the policy implies that each answer is worth: β times how much likelier it is than to the reference; for SimPO β
  /// times its log-probability per token.
  func impliedScores(_ batch: RankedBatch) throws -> [Double] {
    try noGrad {
      var scores = try sums(own, batch).array(of: Double.self)
      if let reference {
        for (row, sum) in try sums(reference, batch).array(of: Double.self).enumerated() {
          scores[row] -= sum
        }
      }
      guard objective.kind != .dpo else { return scores.map { $0 * objective.beta } }
      return zip(scores, batch.lengths).map { objective.beta * $0 / Double(max(1, $1)) }
    }
  }

  /// How far the answers' log-probabilities move with the pictures: ‖∂(Σ log π)/∂pixels‖; nil for texts without.
  func pixelGradientNorm(_ batch: RankedBatch) throws -> Double? {
    guard !batch.texts.pixels.isEmpty else { return nil }
    return try batch.texts.gradientNorm { pixels in
      var batch = batch
      batch.texts.pixels = pixels
      return try sums(own, batch).sum()
    }
  }

  public func position() throws -> String { try feed.position() }

  public func restore(_ position: String) throws { try feed.restore(position: position) }

  public func export(to path: String) throws { try policy.export(to: path, sideFiles: sideFiles, base: base) }
}
