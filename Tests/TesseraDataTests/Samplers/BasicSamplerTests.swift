import Tessera
import Testing

@Suite("sequential, shuffled and subset orders, plain batches")
struct BasicSamplerTests {
  @Test(
    "a shuffled epoch visits every sample once, the same each time, and others differ", arguments: [50, 5000])
  func shuffled(count: Int) throws {
    let sampler = ShuffledSampler(count, seed: 3)
    let order = sampler.order(epoch: 2).keys
    #expect(order.map(\.index).sorted() == Array(0..<count) && order.allSatisfy { $0.visit == 0 })
    #expect(order == ShuffledSampler(count, seed: 3).order(epoch: 2).keys)
    for other in [sampler.order(epoch: 3), ShuffledSampler(count, seed: 4).order(epoch: 2)] {
      let same = zip(order, other.keys).count { $0.index == $1.index }
      // Poisson of mean 1: 10 or more have a probability of 1e-7.
      #expect(same < 10)
    }
  }

  @Test("sequential is the dataset's order; empty datasets have empty orders")
  func sequential() throws {
    #expect(SequentialSampler(5).order(epoch: 9).indices == [0, 1, 2, 3, 4])
    #expect(SequentialSampler(0).order(epoch: 0).count == 0)
    #expect(ShuffledSampler(0, seed: 1).order(epoch: 0).count == 0)
    #expect(TorchRandomSampler(0, seed: 1).order(epoch: 0).count == 0)
    #expect(SequentialSampler(.max).order(epoch: 0)[.max - 1] == SampleKey(.max - 1))
  }

  @Test("a subset keeps its order or is shuffled anew, and repeated samples are visits of their own")
  func subset() throws {
    let indices = [7, 3, 100, 3, 3, 0]
    let plain = try SubsetSampler(indices)
    #expect(plain.order(epoch: 1).indices == indices)
    #expect(plain.order(epoch: 0).keys.map(\.visit) == [1, 1, 1, 2, 3, 1])
    let shuffled = try SubsetSampler(indices, shuffledBy: 5)
    let epochs = (0..<10).map { shuffled.order(epoch: $0).indices }
    #expect(epochs.allSatisfy { $0.sorted() == indices.sorted() } && Set(epochs).count > 5)
    #expect(Set(shuffled.order(epoch: 0).keys).count == indices.count)
    #expect(try SubsetSampler([4, 2]).order(epoch: 0).keys.allSatisfy { $0.visit == 0 })
    expectInvalid("indices[1]") { _ = try SubsetSampler([0, -1]) }
  }

  @Test("batches are pieces of the order, with or without the last short one")
  func chunks() throws {
    for count in [0, 1, 7, 8, 9, 24] {
      let order = ShuffledSampler(count, seed: 1)
      let all = try ChunkedBatchSampler(order, batchSize: 8).batches(epoch: 4)
      #expect(all.indices.flatMap { $0 } == order.order(epoch: 4).indices)
      #expect(all.count == (count + 7) / 8 && all.sampleCount == count)
      let full = try ChunkedBatchSampler(order, batchSize: 8, dropLast: true).batches(epoch: 4)
      #expect(full.indices == Array(all.indices.prefix(count / 8)) && full.sampleCount == count / 8 * 8)
    }
    let huge = try ChunkedBatchSampler(SequentialSampler(.max), batchSize: .max - 1).batches(epoch: 0)
    #expect(huge.count == 2 && huge[1] == [SampleKey(.max - 1)])
    expectInvalid("batchSize") { _ = try ChunkedBatchSampler(SequentialSampler(1), batchSize: 0) }
  }

  @Test("an ordering makes its sampler for the dataset and refuses one that does not fit")
  func orderings() throws {
    #expect(try SampleOrdering.sequential.make(3).summary == SequentialSampler(3).summary)
    #expect(SampleOrdering.sequential.seed == nil)
    let shuffled = SampleOrdering.shuffled(seed: 8)
    #expect(shuffled.seed == 8)
    #expect(try shuffled.make(9).order(epoch: 1).keys == ShuffledSampler(9, seed: 8).order(epoch: 1).keys)
    let torch = SampleOrdering.torchCompatible(seed: -2)
    #expect(torch.seed == UInt64.max - 1)
    #expect(try torch.make(9).order(epoch: 1).keys == TorchRandomSampler(9, seed: -2).order(epoch: 1).keys)
    let weighted = SampleOrdering.weighted([1, 0, 2], count: 5, seed: 4)
    #expect(try weighted.make(3).order(epoch: 0).count == 5)
    expectInvalid("weights") { _ = try weighted.make(4) }
    expectInvalid("weights[1]") { _ = try SampleOrdering.weighted([1, -1], seed: 0).make(2) }
    #expect(try SampleOrdering.subset([2, 0]).make(3).order(epoch: 0).indices == [2, 0])
    expectInvalid("indices[0]") { _ = try SampleOrdering.subset([2, 0]).make(2) }
    let own = SampleOrdering.sampler(try SubsetSampler([1]))
    #expect(try own.make(100).order(epoch: 0).indices == [1])
  }

  @Test("a summary tells every argument that decides the order")
  func summaries() throws {
    let base = SequentialSampler(4)
    let samplers: [any Sampler] = [
      base, SequentialSampler(5), ShuffledSampler(4, seed: 1), ShuffledSampler(4, seed: 2),
      TorchRandomSampler(4, seed: 1), try SubsetSampler([1, 2]), try SubsetSampler([2, 1]),
      try SubsetSampler([1, 2], shuffledBy: 1), try WeightedSampler([1, 2], seed: 1),
      try WeightedSampler([2, 1], seed: 1), try WeightedSampler([1, 2], replacement: false, seed: 1),
      try WeightedSampler([1, 2], count: 9, seed: 1), try WeightedSampler([1, 2], seed: 2),
      try DistributedSampler(base, rank: 0, of: 2), try DistributedSampler(base, rank: 1, of: 2),
      try DistributedSampler(base, rank: 0, of: 2, tail: .drop),
      try DistributedSampler(SequentialSampler(5), rank: 0, of: 2),
    ]
    let batchSamplers: [any BatchSampler] = [
      try ChunkedBatchSampler(base, batchSize: 2), try ChunkedBatchSampler(base, batchSize: 3),
      try ChunkedBatchSampler(base, batchSize: 2, dropLast: true),
      try TokenBudgetBatchSampler(lengths: [1, 2], budget: 2, seed: 1),
      try TokenBudgetBatchSampler(lengths: [1, 2], budget: 2, window: 1, seed: 1),
    ]
    let summaries = samplers.map(\.summary) + batchSamplers.map(\.summary)
    #expect(Set(summaries).count == summaries.count, "\(summaries)")
    #expect(summaries.allSatisfy { $0.utf8.count < 200 })
  }

  @Test("the pinned orders change only on purpose")
  func pinned() throws {
    #expect(
      ShuffledSampler(5000, seed: 42).order(epoch: 7).indices.prefix(6) == [
        4716, 4283, 3577, 3529, 3500, 183,
      ])
    let subset = try SubsetSampler([10, 20, 30, 40, 50], shuffledBy: 42)
    #expect(subset.order(epoch: 7).indices == [30, 40, 20, 50, 10])
  }
}
