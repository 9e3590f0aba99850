import Tessera
import Testing

@Suite("orders asked for by several threads")
struct SamplerThreadTests {
  @Test("give every thread what they give one")
  func threads() throws {
    let shuffled = ShuffledSampler(4000, seed: 1)
    let weights = (0..<4000).map { Double($0 % 13) }
    let samplers: [any Sampler] = [
      shuffled, TorchRandomSampler(4000, seed: 1), try SubsetSampler(Array(0..<4000), shuffledBy: 2),
      try WeightedSampler(weights, seed: 3), try WeightedSampler(weights, replacement: false, seed: 3),
      try DistributedSampler(shuffled, rank: 1, of: 3, tail: .exact),
      try MixtureSampler(counts: [4000, 70], weights: [1, 1], seed: 4, stop: .count(4000)),
    ]
    for sampler in samplers {
      let order = try sampler.order(epoch: 1)
      let want = order.keys
      let wrong = Guarded(0)
      try WorkerThreads.run(4) { thread in
        // Each in an order of its own.
        for step in 0..<order.count {
          let position = thread % 2 == 0 ? step : order.count - 1 - step
          if order[position] != want[position] { wrong.withLock { $0 += 1 } }
        }
      }
      #expect(wrong.withLock { $0 } == 0, "\(sampler.summary)")
    }
  }
}
