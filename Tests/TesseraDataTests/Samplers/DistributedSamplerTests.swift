import TestSupport
import Tessera
import Testing

@Suite("orders over ranks")
struct DistributedSamplerTests {
  @Test("are those of torch.utils.data.DistributedSampler")
  func torch() throws {
    let cases = try Golden("samplers").cases.filter { try $0.string("kind") == "distributed" }
    #expect(cases.count > 200)
    for golden in cases {
      let (count, ranks) = (try golden.int("count"), try golden.int("ranks"))
      let seed = try TorchRandomSamplerTests.seed(golden.string("seed"))
      let base: any Sampler =
        try golden.int("shuffle") == 1 ? TorchRandomSampler(count, seed: seed) : SequentialSampler(count)
      let tail: DistributedTail = try golden.int("drop") == 1 ? .drop : .pad
      let orders = try (0..<ranks).flatMap { rank in
        try DistributedSampler(base, rank: rank, of: ranks, tail: tail)
          .order(epoch: UInt64(golden.int("epoch"))).indices
      }
      #expect(orders == (try golden.ints("orders")), "\(golden)")
    }
  }

  /// All ranks' keys, one rank after another position by position.
  static func interleaved(_ base: any Sampler, _ ranks: Int, _ tail: DistributedTail) throws -> [SampleKey] {
    let orders = try (0..<ranks).map {
      try DistributedSampler(base, rank: $0, of: ranks, tail: tail).order(epoch: 1)
    }
    #expect(Set(orders.map(\.count)).count == 1)
    return (0..<orders[0].count).flatMap { position in orders.map { $0[position] } }
  }

  @Test("the ranks' orders laid into each other are the single rank's order")
  func union() throws {
    for count in [0, 1, 5, 12, 100, 2000] {
      let weighted = try WeightedSampler((0..<max(count, 1)).map { Double($0 + 1) }, count: count, seed: 2)
      for base in [ShuffledSampler(count, seed: 1), weighted] as [any Sampler] {
        let whole = try base.order(epoch: 1).keys
        for ranks in [1, 2, 3, 7, 16] {
          let padded = try Self.interleaved(base, ranks, .pad)
          #expect(
            padded.prefix(count).elementsEqual(whole) && padded.count == (count + ranks - 1) / ranks * ranks)
          #expect(padded.allSatisfy { !$0.isPadding })
          #expect(zip(padded.indices, padded).allSatisfy { $1.index == whole[$0 % count].index })
          let dropped = try Self.interleaved(base, ranks, .drop)
          #expect(dropped == Array(whole.prefix(count / ranks * ranks)))
          let exact = try Self.interleaved(base, ranks, .exact)
          #expect(exact.filter { !$0.isPadding } == whole && exact.count == padded.count)
          #expect(exact.suffix(exact.count - count).allSatisfy { $0.isPadding })
        }
      }
    }
  }

  @Test("a repeated sample is a visit of its own, whatever the order under it")
  func visits() throws {
    let subset = try SubsetSampler([1, 1, 0])
    let mixture = try MixtureSampler([MixtureSource(shuffled: 3, seed: 1, weight: 1)], stop: .count(10))
    for base in [SequentialSampler(3), subset, mixture] as [any Sampler] {
      let keys = try Self.interleaved(base, 16, .pad)
      #expect(Set(keys).count == keys.count, "\(base.summary)")
    }
  }

  @Test("counts near the largest do not overflow")
  func large() throws {
    for tail in DistributedTail.allCases {
      let sampler = try DistributedSampler(SequentialSampler(.max), rank: 1, of: 2, tail: tail)
      let order = try sampler.order(epoch: 0)
      #expect(order.count == (tail == .drop ? Int.max / 2 : Int.max / 2 + 1))
      #expect(order[order.count - 1].index == (tail == .drop ? .max - 2 : 0))
    }
    let many = try DistributedSampler(SequentialSampler(3), rank: .max - 1, of: .max, tail: .exact)
    #expect(try many.order(epoch: 0).keys.allSatisfy(\.isPadding))
  }

  @Test("whole batches are shared alike, and none is lost")
  func batches() throws {
    let base = try ChunkedBatchSampler(ShuffledSampler(50, seed: 3), batchSize: 4)
    let whole = try base.batches(epoch: 2)
    for ranks in [1, 2, 5, 20] {
      for tail in DistributedTail.allCases {
        let shares = try (0..<ranks).map {
          try DistributedBatchSampler(base, rank: $0, of: ranks, tail: tail).batches(epoch: 2)
        }
        #expect(Set(shares.map(\.count)).count == 1)
        let all = (0..<shares[0].count).flatMap { batch in shares.map { $0[batch] } }
        let kept = tail == .drop ? whole.count / ranks * ranks : whole.count
        #expect(all.prefix(kept).elementsEqual(whole.keys.prefix(kept)))
        #expect(all.dropFirst(kept).allSatisfy { $0.allSatisfy { $0.isPadding == (tail == .exact) } })
      }
    }
  }

  @Test("ranks outside of their number are refused")
  func errors() {
    let base = SequentialSampler(3)
    expectInvalid("ranks") { _ = try DistributedSampler(base, rank: 0, of: 0) }
    for rank in [-1, 2] { expectInvalid("rank") { _ = try DistributedSampler(base, rank: rank, of: 2) } }
    expectInvalid("rank") {
      _ = try DistributedBatchSampler(ChunkedBatchSampler(base, batchSize: 1), rank: 5, of: 5)
    }
  }
}
