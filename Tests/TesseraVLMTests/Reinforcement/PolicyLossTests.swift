import Foundation
import TestSupport
import TesseraVLM
import Testing

/// Losses and gradients beside TRL's own GRPO and written-out PyTorch, in float64 (Tests/Golden/reinforcement/make.py).
@Suite("Losses of reinforcement learning") struct PolicyLossTests {
  static let golden = Result { try Golden("reinforcement") }
  static let lengths = [3, 1, 5, 2, 4, 4]

  /// A golden copy is read once for all cases, and a missing one fails the first test.
  static var cases: [Golden.Case] { (try? golden.get())?.cases ?? [] }

  private func tensor(_ name: String) throws -> TorchTensor {
    let values = try Self.golden.get().doubles(name)
    return TorchTensor(values, shape: [values.count])
  }

  private func loss(_ test: Golden.Case, _ now: TorchTensor, _ other: TorchTensor) throws -> TorchTensor {
    let (old, reference) = (try tensor("old"), try tensor("reference"))
    switch try test.string("kind") {
    case "ppo":
      var loss = PPOLoss()
      loss.clip = try test.double("clip")
      return loss.policy(now, old: old, advantages: try tensor("token_advantages"))
    case "value":
      var loss = PPOLoss()
      loss.valueClip = try test.double("clip")
      return loss.value(other, old: try tensor("values_old"), returns: try tensor("returns"))
    case "grpo":
      var loss = GRPOLoss()
      loss.divergenceWeight = try test.double("beta")
      (loss.clip, loss.clipHigh) = (try test.double("low"), try test.double("high"))
      let each = zip(try tensor("answer_advantages").array(of: Double.self), Self.lengths).flatMap {
        Array(repeating: $0, count: $1)
      }
      return loss(
        now, old: old, advantages: TorchTensor(each, shape: [each.count]),
        divergence: KLEstimate.k3(now, reference: reference))
    case "rloo":
      var loss = RLOOLoss()
      loss.clip = try test.double("clip")
      return loss(now, old: old, advantages: try tensor("answer_advantages"), lengths: Self.lengths)
    default: return try preference(test, now, reference)
    }
  }

  private func preference(_ test: Golden.Case, _ now: TorchTensor, _ reference: TorchTensor) throws
    -> TorchTensor
  {
    var loss = PreferenceLoss()
    loss.kind = try #require(PreferenceLoss.Kind(rawValue: test.string("kind")))
    (loss.beta, loss.labelSmoothing) = (try test.double("beta"), try test.double("smoothing"))
    func sums(_ values: TorchTensor) -> PreferenceLoss.Sums {
      var start = 0
      let all = Self.lengths.map { length -> TorchTensor in
        defer { start += length }
        return values.narrow(0, start: start, count: length).sum()
      }
      return PreferenceLoss.Sums(
        better: TorchTensor.stack([all[0], all[2], all[4]]),
        worse: TorchTensor.stack([all[1], all[3], all[5]]))
    }
    return loss(
      sums(now), reference: loss.usesReference ? sums(reference) : nil,
      lengths: ([3, 5, 4], [1, 2, 4])
    ).sum()
  }

  @Test(
    "equal TRL's and PyTorch's in value and gradient",
    arguments: cases.filter { (try? $0.string("kind")) != "pairs" })
  func golden(_ test: Golden.Case) throws {
    let now = try tensor("now").requiringGrad()
    let values = try tensor("values").requiringGrad()
    let loss = try loss(test, now, values)
    #expect(abs(loss.item - (try test.double("loss"))) < 1e-12)
    loss.backward()
    let leaf = try test.string("kind") == "value" ? values : now
    expectClose(try #require(leaf.grad), try tensor(try test.string("gradient")), within: 1e-12)
  }

  @Test("there are cases of every kind") func kinds() throws {
    let kinds = try Set(Self.golden.get().cases.map { try $0.string("kind") })
    #expect(kinds == ["ppo", "value", "grpo", "rloo", "dpo", "ipo", "simpo", "pairs"])
  }

  @Test("PPO stops to count a token whose ratio has gone far enough, worked by hand")
  func byHand() {
    // Ratios 1.5, 0.5, 1.1 with ε 0.2; advantages 1, −1, 2.
    let ratio = [1.5, 0.5, 1.1].map { log($0) }
    let now = TorchTensor(ratio, shape: [3]).requiringGrad()
    let loss = PPOLoss().policy(
      now, old: TorchTensor([0.0, 0, 0], shape: [3]), advantages: TorchTensor([1.0, -1, 2], shape: [3]))
    // max(−1.5, −1.2) + max(0.5, 0.8) + max(−2.2, −2.2)
    #expect(abs(loss.item - (-1.2 + 0.8 - 2.2)) < 1e-12)
    loss.backward()
    #expect(now.grad?.array(of: Double.self).map { ($0 * 1e9).rounded() / 1e9 } == [0, 0, -2.2])
  }

  @Test("estimates of the divergence are what they estimate")
  func divergence() throws {
    let golden = try Self.golden.get()
    let (now, reference) = (try tensor("now"), try tensor("reference"))
    expectClose(KLEstimate.k3(now, reference: reference), try tensor("k3"), within: 1e-13)
    expectClose(KLEstimate.k1(now, reference: reference), now - reference, within: 1e-15)
    let logits = TorchTensor(try golden.doubles("logits"), shape: [5, 7]).logSoftmax(-1)
    let others = TorchTensor(try golden.doubles("other_logits"), shape: [5, 7]).logSoftmax(-1)
    let exact = KLEstimate.exact(logits, reference: others)
    expectClose(exact, try tensor("exact"), within: 1e-13)
    // k1 and k3 have no bias: their means under the policy are the divergence.
    let weights = logits.exp()
    for estimate in [KLEstimate.k1, .k3] {
      expectClose((weights * estimate(logits, reference: others)).sum(-1), exact, within: 1e-12)
    }
    // A banned token has no part in it, nor in its gradient.
    let ban = TorchTensor([false, true, false, false, false, false, false], shape: [7])
    let leaf = TorchTensor(try golden.doubles("logits"), shape: [5, 7]).requiringGrad()
    let banned = KLEstimate.exact(
      leaf.maskedFill(ban, -Double.infinity).logSoftmax(-1),
      reference: others.maskedFill(ban, -Double.infinity).logSoftmax(-1))
    #expect(banned.array(of: Double.self).allSatisfy { $0.isFinite && $0 >= 0 })
    banned.sum().backward()
    let gradient = try #require(leaf.grad).array(of: Double.self)
    #expect(gradient.allSatisfy(\.isFinite) && gradient.contains { $0 != 0 })
    #expect(stride(from: 1, to: 35, by: 7).allSatisfy { gradient[$0] == 0 })
  }

  @Test("an adaptive weight follows the divergence, by a fifth at the most")
  func weight() {
    var weight = KLWeight(0.1, target: 2, horizon: 100)
    weight.update(divergence: 100, answers: 50)
    #expect(abs(weight.value - 0.1 * (1 + 0.2 * 0.5)) < 1e-15)
    weight = KLWeight(0.1, target: 2, horizon: 100)
    weight.update(divergence: 1.8, answers: 100)
    #expect(abs(weight.value - 0.1 * 0.9) < 1e-15)
    weight = KLWeight(0.1)
    weight.update(divergence: 100, answers: 50)
    #expect(weight.value == 0.1)
  }
}

@Suite("Advantages") struct AdvantageTests {
  private func close(_ a: [Double], _ b: [Double]) -> Bool {
    zip(a, b).allSatisfy { abs($0 - $1) < 1e-12 } && a.count == b.count
  }

  @Test("are the sums that define them") func golden() throws {
    let golden = try PolicyLossTests.golden.get()
    let (rewards, values) = (try golden.doubles("gae_rewards"), try golden.doubles("gae_values"))
    let (advantages, returns) = Advantages.generalised(
      rewards: rewards, values: values, discount: 0.9, decay: 0.8)
    #expect(close(advantages, try golden.doubles("gae")))
    #expect(close(returns, zip(advantages, values).map { $0 + $1 }))
    let group = try golden.doubles("group")
    #expect(close(Advantages.ofGroup(group), try golden.doubles("group_advantages")))
    #expect(close(Advantages.leaveOneOut(group), try golden.doubles("leave_one_out")))
  }

  @Test("are worked by hand") func byHand() {
    // γ 1, λ 1: the advantage is what is still to come less what was expected.
    let (advantages, returns) = Advantages.generalised(
      rewards: [0, 0, 1], values: [0.5, 0.25, 0.75], discount: 1, decay: 1)
    #expect(close(advantages, [0.5, 0.75, 0.25]) && close(returns, [1, 1, 1]))
    let share = 2.0 / 3
    let others: [Double] = [share, -share, -share, share]
    #expect(close(Advantages.leaveOneOut([1, 0, 0, 1]), others))
    #expect(Advantages.ofGroup([1, 1, 1]) == [0, 0, 0] && Advantages.leaveOneOut([3]) == [0])
    let white = Advantages.whitened([[1, 2], [3, 4, 5]]).flatMap { $0 }
    #expect(abs(white.reduce(0, +)) < 1e-12)
    #expect(abs(white.reduce(0) { $0 + $1 * $1 } / 4 - 1) < 1e-7)
  }
}
