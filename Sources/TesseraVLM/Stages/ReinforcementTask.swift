private import Foundation
internal import TesseraCore
internal import TesseraText

/// Reinforcement learning: the policy answers, answers are scored, and what scored better than expected becomes likelier.
///
/// An iteration draws answers with the weights of then; its optimiser steps go over them. Where a run stops in the midst of
/// an iteration, the rollouts are part of its state.
public final class ReinforcementTask: TrainingTask {
  /// Some answers of an iteration, ready for the models.
  public struct Batch {
    var texts: TokenBatch
    var rollouts: [Rollout]
    /// Texts of other data whose next tokens are learned beside (PPO-ptx).
    var language: TokenBatch?
  }

  /// What a run goes on from.
  struct State: Codable {
    var iteration = 0
    /// Optimiser steps of the iteration that are done.
    var step = 0
    var rollouts: [Rollout] = []
    var weight: KLWeight
    /// Why there is no further step.
    var ending: String?
    /// Where the other data stands; nil without.
    var language: String?
    /// What tells the prompts from others, whose numbers the rollouts have.
    var prompts: String?
  }

  public let policy: LlavaModel
  public let selection: ParameterPlan.Selection
  public let options: ReinforcementOptions
  /// What the value model is; nil for algorithms without.
  public let value: RewardModel?
  /// What an exported directory gets besides config and weights.
  public var sideFiles = SideFiles()
  /// The directory whose weights an adapter is trained on; nil where the policy itself is trained.
  public var base: Checkpoint?
  public var checkpointsGradients = false
  /// Called with each iteration's summary, after its rollouts are made.
  var onRollouts: ((_ iteration: Int, RolloutSummary) -> Void)?
  private let maker: RolloutMaker
  private let trainedPolicy: PolicyModel
  private let language: SampleFeed<TokenBatch>?
  private var state: State
  /// What the step at hand comes to on all ranks.
  private var totals: StepTotals?

  /// - Parameters:
  ///   - plan: which parts of the policy are trained.
  ///   - value: a model of its own, all of which is trained.
  ///   - language: other data for PPO-ptx; nil for none.
  /// - Throws: `invalidArgument` for fewer answers in a step than the maker's group has ranks.
  init(
    _ policy: LlavaModel, _ plan: ParameterPlan, _ maker: RolloutMaker, value: RewardModel?,
    _ options: ReinforcementOptions, language: SampleFeed<TokenBatch>? = nil
  ) throws {
    (self.policy, self.maker, self.value, self.options) = (policy, maker, value, options)
    (trainedPolicy, self.language) = (maker.policy, language)
    let answers = options.rollouts.prompts * options.rollouts.samples / max(1, options.minibatches)
    guard answers >= maker.group.size else {
      throw TesseraError(
        .invalidArgument(
          name: "rollouts", expected: "an answer a step for each of \(maker.group.size) ranks",
          got: "\(answers) answers in a step"))
    }
    selection = try plan.apply(to: policy)
    state = State(weight: options.divergence, prompts: maker.digest)
    if let value {
      for (spec, tensor) in value.trunk.parameters.all {
        tensor.requiresGrad = plan.isTrained(spec, of: value.trunk.config)
      }
      value.head.requiresGrad = true
    }
  }

  public var parameters: [NamedParameter] {
    guard let value else { return selection.trained }
    let trunk = value.trunk.parameters.all.filter { $0.tensor.requiresGrad }
    return selection.trained + trunk.map { NamedParameter("value.\($0.spec.name)", $0.tensor) }
      + [NamedParameter("value.\(RewardModel.headName)", value.head)]
  }

  /// Iterations that have been begun.
  public var iteration: Int { state.iteration }
  /// Whether the next step begins an iteration.
  public var isBetweenIterations: Bool { state.rollouts.isEmpty || state.step >= options.stepsPerIteration }

  /// Ends the training before its steps: there is no next one.
  func end(_ reason: String) { state.ending = reason }

  // MARK: steps

  public func nextStep() throws -> StepBatches<Batch>? {
    if state.ending != nil { return nil }
    if isBetweenIterations { try beginIteration() }
    let all = rows(ofStep: state.step)
    state.step += 1
    let (rank, ranks) = (maker.group.rank, maker.group.size)
    let rollouts = all[all.count * rank / ranks..<all.count * (rank + 1) / ranks].map { state.rollouts[$0] }
    let size = max(1, options.microSamples ?? rollouts.count)
    let mixed = try nextLanguage()
    var batches: [Batch] = []
    for start in stride(from: 0, to: rollouts.count, by: size) {
      let part = Array(rollouts[start..<min(start + size, rollouts.count)])
      batches.append(Batch(texts: try maker.texts(part), rollouts: part))
    }
    batches[0].language = mixed
    var step = StepBatches(
      batches, units: batches.map(units), tokens: batches.reduce(0) { $0 + $1.texts.tokens },
      images: batches.reduce(0) { $0 + $1.texts.pixels.reduce(0) { $0 + $1.size(0) } },
      samples: Array(Set(rollouts.map { maker.questions[$0.question].name })).sorted())
    step.companions = mixed?.targets.count ?? 0
    return step
  }

  public func begin(_ totals: StepTotals) { self.totals = totals }

  /// Answers for RLOO, whose ratio is one an answer; tokens for the others.
  private func units(_ batch: Batch) -> Int {
    options.algorithm == .rloo ? batch.rollouts.count : batch.texts.targets.count
  }

  private func nextLanguage() throws -> TokenBatch? {
    guard let language, options.languageWeight > 0 else { return nil }
    return try language.next()?.batches.first
  }

  /// The rollouts of a step: each pass goes over all of them once, in an order of its own; neighbours of one prompt stay
  /// together where a pass is one step.
  private func rows(ofStep step: Int) -> [Int] {
    let count = state.rollouts.count
    guard options.minibatches > 1 else { return Array(0..<count) }
    let (pass, part) = (step / options.minibatches, step % options.minibatches)
    var random = RandomStream(
      seed: options.rollouts.seed, epoch: UInt64(state.iteration), sample: UInt64(pass),
      operation: 0x6D69_6E69)
    var order = Array(0..<count)
    for place in order.indices.dropLast() { order.swapAt(place, random.integer(in: place...count - 1)) }
    let bounds = (count * part / options.minibatches, count * (part + 1) / options.minibatches)
    // Answers to one question stand together: they share its pictures.
    return order[bounds.0..<bounds.1].sorted()
  }

  private func beginIteration() throws {
    var (rollouts, summary) = try maker.make(iteration: state.iteration)
    setAdvantages(&rollouts)
    state.rollouts = rollouts
    state.step = 0
    state.iteration += 1
    onRollouts?(state.iteration, summary)
    state.weight.update(divergence: summary.divergence, answers: summary.answers)
  }

  /// The weight of the distance from the reference, now.
  public var divergenceWeight: Double { state.weight.value }

  private func setAdvantages(_ rollouts: inout [Rollout]) {
    let beta = state.weight.value
    switch options.algorithm {
    case .ppo:
      for row in rollouts.indices {
        let rollout = rollouts[row]
        var rewards = rollout.ids.indices.map { place in
          rollout.divergences.isEmpty ? 0 : -beta * rollout.divergences[place]
        }
        // The score comes with the token that ends the answer, not behind it.
        rewards[rewards.count - 1] += rollout.score
        (rollouts[row].advantages, rollouts[row].returns) = Advantages.generalised(
          rewards: rewards, values: rollout.values, discount: options.discount, decay: options.decay)
      }
      guard options.whitens else { return }
      for (row, values) in Advantages.whitened(rollouts.map(\.advantages)).enumerated() {
        rollouts[row].advantages = values
      }
    case .grpo, .rloo:
      let size = options.rollouts.samples
      for start in stride(from: 0, to: rollouts.count, by: size) {
        let group = start..<min(start + size, rollouts.count)
        let rewards = group.map { row in
          rollouts[row].score
            - (options.algorithm == .rloo ? beta * rollouts[row].divergences.reduce(0, +) : 0)
        }
        let advantages =
          options.algorithm == .rloo
          ? Advantages.leaveOneOut(rewards) : Advantages.ofGroup(rewards, isScaled: options.scalesGroups)
        for (row, advantage) in zip(group, advantages) { rollouts[row].advantages = [advantage] }
      }
    }
  }

  // MARK: the loss

  public func loss(_ batch: Batch) throws -> TorchTensor {
    let distributions = try trainedPolicy.distributions(batch.texts, checkpointing: checkpointsGradients)
    let own = PolicyModel.own(distributions, batch.texts)
    func numbers(_ values: [Double]) -> TorchTensor {
      TorchTensor(values, shape: [values.count]).to(own.type, device: own.device)
    }
    func flat(_ field: (Rollout) -> [Double]) -> TorchTensor { numbers(batch.rollouts.flatMap(field)) }
    let old = flat(\.old)
    var loss: TorchTensor
    switch options.algorithm {
    case .ppo:
      loss = options.ppo.policy(own, old: old, advantages: flat(\.advantages))
      if let value {
        let values = try value.values(batch.texts, checkpointing: checkpointsGradients)
        loss =
          loss + options.ppo.valueWeight
          * options.ppo.value(values.to(own.type), old: flat(\.values), returns: flat(\.returns))
      }
    case .grpo:
      var grpo = options.grpo
      grpo.divergenceWeight = state.weight.value
      let each = flat { rollout in Array(repeating: rollout.advantages[0], count: rollout.ids.count) }
      let divergence = grpo.divergenceWeight == 0 ? nil : try divergence(distributions, own, batch)
      loss = grpo(own, old: old, advantages: each, divergence: divergence)
    case .rloo:
      loss = options.rloo(
        own, old: old, advantages: numbers(batch.rollouts.map { $0.advantages[0] }),
        lengths: batch.rollouts.map(\.ids.count))
    }
    if let language = batch.language, !language.targets.isEmpty {
      guard let totals else { preconditionFailure("a step's loss before `begin`") }
      // A mean over its own tokens, once a step: the step's loss is divided by the units of all of its batches.
      let mean =
        try policy.loss(language, checkpointing: checkpointsGradients) / Double(totals.companions)
      loss = loss + options.languageWeight * Double(totals.units) * mean
    }
    return loss
  }

  /// How far the policy of now is from its reference at each token; nil without a reference.
  ///
  /// - Shape: `[N, V]`, `[N]` → `[N]`.
  private func divergence(_ distributions: TorchTensor, _ own: TorchTensor, _ batch: Batch) throws
    -> TorchTensor?
  {
    guard let reference = maker.reference else { return nil }
    guard options.estimate == .exact else {
      let theirs = batch.rollouts.flatMap(\.reference)
      return options.estimate(
        own, reference: TorchTensor(theirs, shape: [theirs.count]).to(own.type, device: own.device))
    }
    let others = try noGrad { try reference.distributions(batch.texts) }
    return options.estimate(distributions, reference: others)
  }

  // MARK: state

  public func position() throws -> String {
    var state = state
    state.language = try language?.position()
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    return String(decoding: try encoder.encode(state), as: UTF8.self)
  }

  public func restore(_ position: String) throws {
    let prompts = state.prompts
    do { state = try JSONDecoder().decode(State.self, from: Data(position.utf8)) } catch {
      throw TesseraError(.corrupt(format: "the rollouts' state", detail: "\(error)"))
    }
    guard state.prompts == prompts else {
      throw TesseraError(
        .invalidInput(
          operation: "going on with a training",
          expected: "the prompts that its checkpoint was made with (or another --output)", got: "others"))
    }
    if let language, let place = state.language { try language.restore(position: place) }
  }

  public func export(to path: String) throws { try policy.export(to: path, sideFiles: sideFiles, base: base) }
}
