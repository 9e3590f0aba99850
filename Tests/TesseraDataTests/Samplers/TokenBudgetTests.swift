import Tessera
import Testing

@Suite("batches by a token budget")
struct TokenBudgetTests {
  static func lengths(_ count: Int, seed: UInt64) -> [Int] {
    var random = RandomStream(seed: seed)
    return (0..<count).map { _ in Int(FixedMath.exp(random.uniform(0...6.2))) }
  }

  @Test("no batch costs more than the budget, and no sample is lost or doubled")
  func budget() throws {
    let lengths = Self.lengths(3000, seed: 1)
    for window in [nil, 1, 7, 500] as [Int?] {
      for seed in [nil, 5] as [UInt64?] {
        let sampler = try TokenBudgetBatchSampler(
          lengths: lengths, budget: 1024, maximumBatch: 64, window: window, seed: seed)
        let order = sampler.batches(epoch: 2)
        let batches = order.indices
        #expect(batches.flatMap { $0 }.sorted() == Array(0..<3000) && order.sampleCount == 3000)
        for batch in batches {
          #expect(
            (batch.map { lengths[$0] }.max() ?? 0) * batch.count <= 1024 && (1...64).contains(batch.count))
        }
        #expect(sampler.batches(epoch: 2).indices == batches)
        #expect((sampler.batches(epoch: 3).indices == batches) == (seed == nil))
      }
    }
  }

  @Test("a batch is as large as the order allows, and sorting saves padding")
  func efficiency() throws {
    let lengths = Self.lengths(3000, seed: 2)
    let sampler = try TokenBudgetBatchSampler(lengths: lengths, budget: 1024, seed: nil)
    let batches = sampler.batches(epoch: 0).indices
    for (batch, next) in zip(batches, batches.dropFirst()) {
      // Greedy: the next batch's first sample did not fit.
      #expect((batch + next.prefix(1)).map { lengths[$0] }.max()! * (batch.count + 1) > 1024)
    }
    let efficiencies = try [1, 100, 1000, 3000].map {
      try TokenBudgetBatchSampler(lengths: lengths, budget: 1024, window: $0, seed: 3).efficiency(epoch: 0)
    }
    #expect(efficiencies == efficiencies.sorted() && efficiencies[0] < 0.6 && efficiencies[3] > 0.9)
  }

  @Test("over-long samples are an error, dropped and counted, or alone")
  func overlong() throws {
    let lengths = [5, 50, 3, 11, 0, 10]
    let error = #expect(throws: TesseraError.self) {
      try TokenBudgetBatchSampler(lengths: lengths, budget: 10, seed: 1)
    }
    #expect(
      error == TesseraError(.limitExceeded(what: "tokens of the sample", limit: 10, found: 50), index: 1))
    let dropping = try TokenBudgetBatchSampler(lengths: lengths, budget: 10, seed: 1, overlong: .drop)
    #expect(dropping.droppedCount == 2 && dropping.batches(epoch: 0).sampleCount == 4)
    #expect(dropping.batches(epoch: 0).indices.flatMap { $0 }.sorted() == [0, 2, 4, 5])
    let alone = try TokenBudgetBatchSampler(lengths: lengths, budget: 10, seed: nil, overlong: .alone)
    #expect(alone.batches(epoch: 0).indices == [[4, 2], [0], [5], [3], [1]] && alone.droppedCount == 0)
  }

  @Test("no samples, empty samples and huge budgets are no special case")
  func edges() throws {
    #expect(try TokenBudgetBatchSampler(lengths: [], budget: 1, seed: 1).batches(epoch: 0).count == 0)
    #expect(try TokenBudgetBatchSampler(lengths: [], budget: 1, seed: 1).efficiency(epoch: 0) == 1)
    let empty = try TokenBudgetBatchSampler(lengths: [0, 0, 0], budget: 2, window: .max, seed: nil)
    #expect(empty.batches(epoch: 0).indices == [[0, 1], [2]])
    let huge = try TokenBudgetBatchSampler(lengths: [.max, .max, 1], budget: .max, seed: nil)
    #expect(huge.batches(epoch: 0).indices == [[2], [0], [1]])
    let dropped = try TokenBudgetBatchSampler(lengths: [9, 9], budget: 1, seed: 1, overlong: .drop)
    #expect(dropped.batches(epoch: 0).count == 0)
    expectInvalid("lengths[1]") { _ = try TokenBudgetBatchSampler(lengths: [0, -1], budget: 1, seed: 1) }
    expectInvalid("budget") { _ = try TokenBudgetBatchSampler(lengths: [], budget: 0, seed: 1) }
    expectInvalid("maximumBatch") {
      _ = try TokenBudgetBatchSampler(lengths: [], budget: 1, maximumBatch: 0, seed: 1)
    }
    expectInvalid("window") { _ = try TokenBudgetBatchSampler(lengths: [], budget: 1, window: 0, seed: 1) }
  }

  @Test("the pinned batches change only on purpose")
  func pinned() throws {
    let sampler = try TokenBudgetBatchSampler(
      lengths: Self.lengths(60, seed: 3), budget: 700, window: 30, seed: 42)
    #expect(
      Array(sampler.batches(epoch: 7).indices.prefix(3)) == [
        [12, 37, 5, 43, 41, 26, 14], [35, 13, 36, 6, 38], [57],
      ])
  }
}
