import TesseraVLM
import Testing

@Suite("The reward-hacking meter") struct MeterTests {
  private func looks(_ numbers: [(reward: Double, truth: Double)]) -> [RewardMeter.Look] {
    numbers.enumerated().map { RewardMeter.Look(step: $0, reward: $1.reward, truth: $1.truth) }
  }

  @Test("ends a training whose reward rises while the true score falls, and no other")
  func parts() {
    let parting = looks([(0, 0.6), (0.4, 0.62), (0.8, 0.4), (1, 0.38), (1.2, 0.3)])
    #expect(RewardMeter.parting(parting, patience: 3, prompts: 200)?.contains("parted") == true)
    // Not for so few looks; not where it is never asked.
    #expect(RewardMeter.parting(parting, patience: 4, prompts: 200) == nil)
    #expect(RewardMeter.parting(parting, patience: 0, prompts: 200) == nil)
    // Within two standard errors nothing has parted: with 20 prompts 0.22 is noise.
    #expect(
      RewardMeter.parting(looks([(0, 0.6), (1, 0.5), (1, 0.5), (1, 0.45)]), patience: 3, prompts: 20) == nil)
    // Both fall: the policy breaks, but the reward tells.
    #expect(
      RewardMeter.parting(looks([(1, 0.6), (0, 0.3), (0, 0.3), (0, 0.2)]), patience: 3, prompts: 200) == nil)
    // Both rise.
    #expect(
      RewardMeter.parting(looks([(0, 0.3), (1, 0.5), (2, 0.6), (3, 0.7)]), patience: 3, prompts: 200) == nil)
  }
}
