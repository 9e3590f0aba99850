import TestSupport
import Tessera
import Testing

@Suite("splits of a dataset")
struct DatasetSplitTests {
  @Test("the parts have exact sizes, share nothing and leave nothing out")
  func partition() throws {
    var random = RandomStream(seed: 3)
    for trial in 0..<200 {
      let count = random.integer(in: 0...300)
      var fractions = (0..<random.integer(in: 1...5)).map { _ in random.uniform() + 0.001 }
      let sum = fractions.reduce(0, +)
      fractions = fractions.map { $0 / sum }
      let isStratified = random.bernoulli(0.5)
      let labels: [Int?]? =
        isStratified
        ? (0..<count).map { _ in random.integer(in: 0...7) == 7 ? nil : random.integer(in: 0...4) } : nil
      let parts = try DatasetSplit.splitIndices(
        count: count, labels: labels, fractions: fractions, seed: UInt64(trial))
      #expect(parts.flatMap { $0 }.sorted() == Array(0..<count))
      for (part, fraction) in zip(parts, fractions) {
        #expect(abs(Double(part.count) - fraction * Double(count)) < 1)
        #expect(part == part.sorted())
      }
    }
  }

  @Test("leftover samples go to the largest remainders, and of equals to the first")
  func largestRemainder() throws {
    func sizes(_ count: Int, _ fractions: [Double]) throws -> [Int] {
      try DatasetSplit.splitIndices(count: count, fractions: fractions, seed: 1).map(\.count)
    }
    #expect(try sizes(10, [0.5, 0.25, 0.25]) == [5, 3, 2])
    #expect(try sizes(100, [0.29, 0.71]) == [29, 71])
    #expect(try sizes(30, [0.1, 0.9]) == [3, 27])
    #expect(try sizes(7, [0.8, 0.1, 0.1]) == [5, 1, 1])
    #expect(try sizes(10, [0.2, 0.3]) == [2, 3])
    #expect(try sizes(0, [0.5, 0.5]) == [0, 0])
    #expect(try sizes(3, [0, 1]) == [0, 3])
  }

  @Test("every part keeps each class's share to within two samples, and the exact sizes")
  func stratified() throws {
    var random = RandomStream(seed: 5)
    for trial in 0..<60 {
      let classes = random.integer(in: 1...40)
      // Sizes from one sample to many: a class too small to share out must not spoil the sums.
      let sizes = (0..<classes).map { _ in random.integer(in: 1...(random.bernoulli(0.5) ? 3 : 90)) }
      let labels = random.permutation(sizes.reduce(0, +)).map { number -> Int? in
        var rest = number
        for (label, size) in sizes.enumerated() {
          if rest < size { return label }
          rest -= size
        }
        return nil
      }
      let fractions = [0.7, 0.2, 0.1]
      let parts = try DatasetSplit.splitIndices(
        count: labels.count, labels: labels, fractions: fractions, seed: UInt64(trial))
      let plain = try DatasetSplit.splitIndices(count: labels.count, fractions: fractions, seed: 0)
      #expect(parts.map(\.count) == plain.map(\.count))
      for (part, fraction) in zip(parts, fractions) {
        for (label, size) in sizes.enumerated() {
          let here = part.count { labels[$0] == label }
          #expect(abs(Double(here) - fraction * Double(size)) < 2, "class \(label) of \(size): \(here)")
        }
      }
    }
  }

  @Test("classes of one sample are dealt out by the fractions, not all to the first part")
  func singles() throws {
    let labels = (0..<100).map { Optional($0) }
    let parts = try DatasetSplit.splitIndices(
      count: 100, labels: labels, fractions: [0.8, 0.1, 0.1], seed: 1)
    #expect(parts.map(\.count) == [80, 10, 10])
  }

  @Test("the seed alone decides, and decides")
  func seeded() throws {
    func split(_ seed: UInt64) throws -> [[Int]] {
      try DatasetSplit.splitIndices(count: 100, fractions: [0.5, 0.5], seed: seed)
    }
    #expect(try split(42) == split(42))
    #expect(try split(42) != split(43))
    // Pinned: this changes only on purpose.
    let pinned = try DatasetSplit.splitIndices(count: 12, fractions: [0.5, 0.25, 0.25], seed: 42)
    #expect(pinned == [[2, 3, 4, 7, 9, 10], [0, 6, 11], [1, 5, 8]])
  }

  @Test(
    "fractions that cannot be are refused",
    arguments: [[], [-0.1, 0.5], [0.9, 0.2], [.nan], [.infinity], [0, 0]] as [[Double]])
  func wrongFractions(_ fractions: [Double]) {
    let error = #expect(throws: TesseraError.self) {
      try DatasetSplit.splitIndices(count: 10, fractions: fractions, seed: 1)
    }
    guard case .invalidArgument("fractions", _, _) = error?.reason else {
      Issue.record("got \(String(describing: error))")
      return
    }
  }

  @Test("a dataset splits by its own labels, and a sample without one stays in")
  func dataset() throws {
    let samples = (0..<50).map { Sample(name: "\($0)", label: $0 % 5 == 4 ? nil : $0 % 5) }
    let parts = try InMemoryDataset(samples, classes: ["a", "b", "c", "d"])
      .split(fractions: [0.6, 0.4], seed: 9, stratified: true)
    #expect(parts.map(\.count) == [30, 20])
    for label in [0, 1, 2, 3, nil] {
      #expect(try (0..<30).filter { try parts[0].label(at: $0) == label }.count == 6)
    }
    #expect(parts[0].classes == ["a", "b", "c", "d"])
    #expect(try parts[0].fingerprint() != parts[1].fingerprint())
  }
}
