import Tessera
import Testing

@Suite("mixtures of datasets")
struct MixtureSamplerTests {
  /// The source of each position.
  static func turns(_ order: SampleOrder, _ counts: [Int]) -> [Int] {
    var ends: [Int] = []
    for count in counts { ends.append((ends.last ?? 0) + count) }
    return order.indices.map { index in ends.firstIndex { index < $0 } ?? -1 }
  }

  static func mixture(
    _ counts: [Int], _ weights: [Double], choice: MixtureSampler.Choice = .even, stop: MixtureSampler.Stop
  ) throws -> MixtureSampler {
    try MixtureSampler(
      zip(counts, weights).enumerated().map { number, source in
        MixtureSource(shuffled: source.0, seed: UInt64(number), weight: source.1)
      }, choice: choice, stop: stop)
  }

  @Test("running shares stay within 1 − 1 / (2k − 2) of the weights, for ever", arguments: 2...12)
  func even(k: Int) throws {
    var random = RandomStream(seed: UInt64(k))
    for trial in 0..<6 {
      let weights = (0..<k).map { _ in trial == 0 ? 1 : FixedMath.exp(random.uniform(0...Double(2 * trial))) }
      let counts = [Int](repeating: 50_000, count: k)
      let order = try Self.mixture(counts, weights, stop: .count(4000)).order(epoch: 0)
      let sum = weights.reduce(0, +)
      var given = [Double](repeating: 0, count: k)
      var worst = 0.0
      for (position, source) in Self.turns(order, counts).enumerated() {
        given[source] += 1
        for (source, weight) in weights.enumerated() {
          worst = max(worst, abs(given[source] - Double(position + 1) * weight / sum))
        }
      }
      #expect(worst <= 1 - 1 / Double(2 * k - 2) + 1e-9, "\(weights)")
    }
  }

  @Test("the largest remainder's rule breaks the bound: the test can fail")
  func greedy() {
    // What a simpler rule does: always the source that is owed most.
    let k = 12
    var random = RandomStream(seed: 12)
    var worst = 0.0
    for _ in 0..<20 {
      let weights = (0..<k).map { _ in FixedMath.exp(random.uniform(0...6)) }
      let sum = weights.reduce(0, +)
      var debts = [Double](repeating: 0, count: k)
      for _ in 0..<4000 {
        for source in 0..<k { debts[source] += weights[source] / sum }
        let most = (0..<k).max { debts[$0] < debts[$1] } ?? 0
        debts[most] -= 1
        worst = max(worst, debts.map { abs($0) }.max() ?? 0)
      }
    }
    #expect(worst > 1 - 1 / Double(2 * k - 2))
  }

  @Test("random turns follow the weights")
  func random() throws {
    let (counts, weights) = ([100, 200, 300], [1.0, 5, 2])
    let sampler = try Self.mixture(counts, weights, choice: .random(seed: 4), stop: .count(40_000))
    var seen = [0, 0, 0]
    for source in Self.turns(try sampler.order(epoch: 1), counts) { seen[source] += 1 }
    #expect(abs(WeightedSamplerTests.deviation(seen, weights)) < 4, "\(seen)")
    #expect(try sampler.order(epoch: 1).keys == sampler.order(epoch: 1).keys)
    #expect(
      Self.turns(try sampler.order(epoch: 1), counts) != Self.turns(try sampler.order(epoch: 2), counts))
  }

  @Test("every pass over a source visits all of it, shuffled anew, as visits of their own")
  func passes() throws {
    let (counts, weights) = ([10, 1500, 3], [3.0, 1, 0.25])
    for choice in [MixtureSampler.Choice.even, .random(seed: 1)] {
      let order = try Self.mixture(counts, weights, choice: choice, stop: .count(5000)).order(epoch: 2)
      #expect(Set(order.keys).count == order.count)
      let turns = Self.turns(order, counts)
      for (source, first) in [0, 10, 1510].enumerated() {
        let keys = zip(turns, order.keys).filter { $0.0 == source }.map(\.1)
        let count = counts[source]
        for (turn, key) in keys.enumerated() { #expect(key.visit == UInt64(turn / count)) }
        let passes = stride(from: 0, to: keys.count - count + 1, by: count).map { start in
          keys[start..<start + count].map(\.index)
        }
        #expect(passes.allSatisfy { $0.sorted() == Array(first..<first + count) })
        if count == 10 && passes.count > 100 { #expect(Set(passes).count > passes.count * 9 / 10) }
      }
    }
  }

  @Test("passes over torch's order differ too, though its seeds have 32 bits")
  func torchPasses() throws {
    let source = MixtureSource(TorchRandomSampler(50, seed: 0), count: 50, weight: 1)
    let order = try MixtureSampler([source], stop: .count(200)).order(epoch: 0).indices
    let passes = (0..<4).map { Array(order[$0 * 50..<$0 * 50 + 50]) }
    #expect(Set(passes).count == 4 && passes.allSatisfy { $0.sorted() == Array(0..<50) })
  }

  @Test("epochs end when the first source is exhausted, or when all have been seen")
  func stops() throws {
    let (counts, weights) = ([100, 300, 50], [1.0, 1, 2])
    for choice in [MixtureSampler.Choice.even, .random(seed: 3)] {
      let first = try Self.mixture(counts, weights, choice: choice, stop: .first).order(epoch: 0)
      #expect(Set(first.indices).count == first.count)
      let given = Self.turns(first, counts)
      #expect(given.last == 2 && given.count { $0 == 2 } == 50)
      let all = try Self.mixture(counts, weights, choice: choice, stop: .all).order(epoch: 0)
      #expect(Set(all.indices).count == 450 && !all.indices.dropLast().contains(all.indices[all.count - 1]))
    }
    #expect(try Self.mixture(counts, weights, stop: .count(0)).order(epoch: 0).count == 0)
  }

  @Test("one source alone is its own order, pass after pass")
  func single() throws {
    let sampler = try Self.mixture([2000], [0.1], stop: .all)
    #expect(try sampler.order(epoch: 3).keys == ShuffledSampler(2000, seed: 0).order(epoch: 3).keys)
  }

  @Test("repetitions within a source and its passes never meet")
  func nested() throws {
    let source = MixtureSource(try SubsetSampler([0, 0, 1], shuffledBy: 1), count: 2, weight: 1)
    let keys = try MixtureSampler([source], stop: .count(300)).order(epoch: 0).keys
    #expect(Set(keys).count == 300)
  }

  @Test("many sources keep their counts")
  func many() throws {
    let k = 300
    let counts = [Int](repeating: 7, count: k)
    let order = try Self.mixture(counts, (0..<k).map { Double($0 % 9 + 1) }, stop: .count(20_000))
      .order(epoch: 0)
    #expect(Set(order.keys).count == 20_000)
  }

  @Test("datasets of one size are shuffled each on its own")
  func counts() throws {
    let sampler = try MixtureSampler(counts: [2000, 2000], weights: [1, 1], seed: 4, stop: .all)
    let indices = try sampler.order(epoch: 0).indices
    let (a, b) = (indices.filter { $0 < 2000 }, indices.filter { $0 >= 2000 }.map { $0 - 2000 })
    // Poisson of mean 1.
    #expect(zip(a, b).count { $0 == $1 } < 10)
    #expect(try sampler.order(epoch: 0).keys == sampler.order(epoch: 0).keys)
    expectInvalid("weights") { _ = try MixtureSampler(counts: [1], weights: [1, 2], seed: 0) }
    expectInvalid("counts[1]") { _ = try MixtureSampler(counts: [1, -1], weights: [1, 2], seed: 0) }
  }

  @Test("a summary tells every argument that decides the mixture, and stays short")
  func summaries() throws {
    func one(
      _ counts: [Int], _ weights: [Double], _ seed: UInt64 = 1, _ choice: MixtureSampler.Choice = .even,
      _ stop: MixtureSampler.Stop = .first
    ) throws -> String {
      try MixtureSampler(counts: counts, weights: weights, seed: seed, choice: choice, stop: stop).summary
    }
    let many = [Int](repeating: 9, count: 100)
    let ones = [Double](repeating: 1, count: 100)
    let summaries = [
      try one([3, 4], [1, 2]), try one([4, 3], [1, 2]), try one([3, 4], [2, 1]), try one([3, 4], [1, 2], 2),
      try one([3, 4], [1, 2], 1, .random(seed: 1)), try one([3, 4], [1, 2], 1, .random(seed: 2)),
      try one([3, 4], [1, 2], 1, .even, .all), try one([3, 4], [1, 2], 1, .even, .count(5)),
      try one(many, ones), try one(many, ones, 2),
    ]
    #expect(Set(summaries).count == summaries.count && summaries.allSatisfy { $0.utf8.count < 300 })
  }

  @Test("tiny weights alone are no special case")
  func tiny() throws {
    #expect(try Self.mixture([5, 5], [1e-300, 1e-300], stop: .all).order(epoch: 0).count == 10)
  }

  @Test("sources that cannot be mixed are refused by name")
  func errors() throws {
    expectInvalid("sources") { _ = try MixtureSampler([]) }
    for weight in [0, -1, .nan, .infinity] {
      expectInvalid("sources[1].weight") { _ = try Self.mixture([1, 1], [1, weight], stop: .first) }
    }
    expectInvalid("stop") { _ = try Self.mixture([1], [1], stop: .count(-1)) }
    expectInvalid("sources[0].count") {
      _ = try MixtureSampler([MixtureSource(SequentialSampler(1), count: -1, weight: 1)])
    }
    let empty = #expect(throws: TesseraError.self) {
      try Self.mixture([5, 0], [1, 1], stop: .first).order(epoch: 0)
    }
    #expect(empty?.description == "mixture needs sources with samples, got none in source 1, pass 0")
    let endless = #expect(throws: TesseraError.self) {
      try Self.mixture([1000, 1000], [1, 1e-12], stop: .all).order(epoch: 0)
    }
    guard case .limitExceeded? = endless?.reason else {
      Issue.record("\(String(describing: endless))")
      return
    }
    let weights = [1e300, 1.5e308, 1e-300]
    #expect(try Self.mixture([5, 5, 5], weights, stop: .first).order(epoch: 0).count >= 5)
  }

  @Test("the pinned mixture changes only on purpose")
  func pinned() throws {
    let order = try Self.mixture([4, 2000, 9], [1, 3, 0.5], stop: .count(12)).order(epoch: 7)
    #expect(order.indices == [309, 1537, 2, 670, 1032, 2006, 553, 0, 704, 499, 1482, 1])
    let random = try Self.mixture([4, 2000, 9], [1, 3, 0.5], choice: .random(seed: 42), stop: .count(8))
    let drawn = try random.order(epoch: 7)
    #expect(drawn.indices == [2, 309, 1537, 670, 1032, 553, 704, 2006])
  }
}
