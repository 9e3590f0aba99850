import Tessera
import Testing

@Suite("weighted orders")
struct WeightedSamplerTests {
  /// Wilson's deviation of counts from chances, over the cells with a chance.
  static func deviation(_ counts: [Int], _ chances: [Double]) -> Double {
    let total = Double(counts.reduce(0, +))
    let sum = chances.reduce(0, +)
    var (chi, cells) = (0.0, 0.0)
    for (count, chance) in zip(counts, chances) where chance > 0 {
      let expected = total * chance / sum
      chi += (Double(count) - expected) * (Double(count) - expected) / expected
      cells += 1
    }
    return PermutationStatistics.deviation(chiSquare: chi, freedom: cells - 1)
  }

  @Test("draws with replacement follow the weights, and none has weight 0")
  func replacement() throws {
    var random = RandomStream(seed: 77)
    let weights = (0..<60).map { $0 % 7 == 3 ? 0 : random.uniform(0.2...5) * ($0 % 5 == 0 ? 10 : 1) }
    let sampler = try WeightedSampler(weights, count: 30_000, seed: 5)
    var counts = [Int](repeating: 0, count: 60)
    for epoch in 0..<4 {
      for key in sampler.order(epoch: UInt64(epoch)).keys { counts[key.index] += 1 }
    }
    #expect(zip(counts, weights).allSatisfy { $1 > 0 || $0 == 0 })
    #expect(abs(Self.deviation(counts, weights)) < 4, "\(counts)")
  }

  @Test("neighbouring draws are independent")
  func independence() throws {
    let weights = [1.0, 2, 3, 4]
    let order = try WeightedSampler(weights, count: 80_000, seed: 6).order(epoch: 0).indices
    var counts = [Int](repeating: 0, count: 16)
    for i in stride(from: 0, to: order.count, by: 2) { counts[order[i] * 4 + order[i + 1]] += 1 }
    let chances = weights.flatMap { a in weights.map { a * $0 } }
    #expect(abs(Self.deviation(counts, chances)) < 4, "\(counts)")
  }

  @Test("the alias table holds the weights exactly: its shares are the whole-number shares")
  func exactness() {
    var random = RandomStream(seed: 3)
    for count in [1, 2, 3, 10, 1000, 4097] {
      for kind in 0..<4 {
        let weights = (0..<count).map { index -> Double in
          switch kind {
          case 0: 1
          case 1: random.uniform() < 0.5 && index > 0 ? 0 : random.uniform(1e-3...1)
          case 2: FixedMath.exp(random.uniform(-600...600))
          default: index == 0 ? 1 : .leastNonzeroMagnitude
          }
        }
        let total = UInt64(count) << UInt64(count.leadingZeroBitCount - 2)
        let shares = WholeShares.make(weights, total: total)
        #expect(shares.reduce(0, +) == total)
        #expect(AliasTable(weights).shares == shares)
        // Exact shares, relative to the largest weight: no overflow.
        let largest = weights.max() ?? 1
        let sum = weights.reduce(0) { $0 + $1 / largest }
        for (share, weight) in zip(shares, weights) {
          let exact = weight / largest / sum * Double(total)
          #expect((weight == 0) == (share == 0))
          #expect(abs(Double(share) - exact) <= exact * 0x1p-40 + 2, "\(count), kind \(kind)")
        }
      }
    }
  }

  @Test("draws without replacement have the exact chances of drawing one after another")
  func withoutReplacement() throws {
    let weights = [1.0, 0, 2, 5, 0.5]
    var counts: [[Int]: Int] = [:]
    let sampler = try WeightedSampler(weights, count: 3, replacement: false, seed: 9)
    for epoch in 0..<60_000 { counts[sampler.order(epoch: UInt64(epoch)).indices, default: 0] += 1 }
    var (seen, chances): ([Int], [Double]) = ([], [])
    for a in weights.indices {
      for b in weights.indices where b != a {
        for c in weights.indices where c != a && c != b {
          let total = weights.reduce(0, +)
          let chance =
            weights[a] / total * (weights[b] / (total - weights[a]))
            * (weights[c] / (total - weights[a] - weights[b]))
          seen.append(counts[[a, b, c], default: 0])
          chances.append(chance)
        }
      }
    }
    #expect(seen.reduce(0, +) == 60_000)
    #expect(zip(seen, chances).allSatisfy { $1 > 0 || $0 == 0 })
    #expect(abs(Self.deviation(seen, chances)) < 4, "\(seen)")
  }

  @Test("without replacement no sample comes twice, and all with a weight come in the end")
  func coverage() throws {
    var random = RandomStream(seed: 4)
    let weights = (0..<500).map { $0 % 3 == 0 ? 0 : FixedMath.exp(random.uniform(-700...700)) }
    let sampler = try WeightedSampler(weights, replacement: false, seed: 1)
    let order = sampler.order(epoch: 0)
    #expect(order.indices.sorted() == weights.indices.filter { weights[$0] > 0 })
    #expect(order.keys.allSatisfy { $0.visit == 0 })
    #expect(order.keys == sampler.order(epoch: 0).keys && order.indices != sampler.order(epoch: 1).indices)
  }

  @Test("repeated draws are visits of their own, pure functions of the position")
  func visits() throws {
    let order = try WeightedSampler([1, 1], count: 100, seed: 2).order(epoch: 3)
    #expect(Set(order.keys.map(\.visit)).count == 100)
    let longer = try WeightedSampler([1, 1], count: 1000, seed: 2).order(epoch: 3)
    #expect(order.keys == Array(longer.keys.prefix(100)))
    let other = try WeightedSampler([1, 1], count: 100, seed: 2).order(epoch: 4)
    #expect(order.indices != other.indices)
  }

  @Test("balanced weights draw every class equally often")
  func balanced() throws {
    let labels: [Int?] = [0, 0, 0, 0, 1, nil, 2, 2]
    let weights = WeightedSampler.balancedWeights(labels: labels)
    #expect(weights == [0.25, 0.25, 0.25, 0.25, 1, 0, 0.5, 0.5])
  }

  @Test("weights and counts that cannot be drawn from are refused by name")
  func errors() {
    for weights in [[1, -0.5], [1, .nan], [1, .infinity]] {
      expectInvalid("weights[1]") { _ = try WeightedSampler(weights, seed: 0) }
    }
    for weights in [[], [0.0, 0]] { expectInvalid("weights") { _ = try WeightedSampler(weights, seed: 0) } }
    expectInvalid("count") { _ = try WeightedSampler([1], count: -1, seed: 0) }
    expectInvalid("count") { _ = try WeightedSampler([1, 0, 1], count: 3, replacement: false, seed: 0) }
  }

  @Test("the pinned draws change only on purpose")
  func pinned() throws {
    let weights = (0..<100).map { Double($0 + 1) }
    let with = try WeightedSampler(weights, count: 6, seed: 42)
    #expect(with.order(epoch: 7).indices == [94, 87, 68, 75, 72, 56])
    let without = try WeightedSampler(weights, count: 6, replacement: false, seed: 42)
    #expect(without.order(epoch: 7).indices == [96, 51, 71, 36, 82, 88])
  }
}
