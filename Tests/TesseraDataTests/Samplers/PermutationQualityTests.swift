import Tessera
import Testing

/// The keyed permutation beside Fisher–Yates, by the same statistics of equally many orders.
///
/// A test's deviation is the difference of two means over its standard error, measured in the same run. About 40
/// statistics a case; that one of 400 passes 5 by chance has a probability of 2e-4, and the seeds are fixed.
@Suite("quality of the keyed permutation")
struct PermutationQualityTests {
  typealias Maker = @Sendable (_ count: Int, _ seed: UInt64, _ epoch: UInt64) -> [Int]

  static let keyed: Maker = { count, seed, epoch in
    let permutation = KeyedPermutation(count: count, seed: seed, epoch: epoch)
    return (0..<count).map { permutation[$0] }
  }
  static let fisherYates: Maker = { count, seed, epoch in
    var random = RandomStream(seed: seed ^ 0xF15E_47A7E5, epoch: epoch)
    return random.permutation(count)
  }
  static let orders = 300
  static let limit = 5.0

  /// The statistics of several orders: by name, a value an order.
  static func measure(_ orders: [[Int]]) -> (names: [String], values: [[Double]]) {
    let all = orders.map { PermutationStatistics.all(of: $0) }
    let names = all[0].map(\.name)
    return (names, names.indices.map { k in all.map { $0[k].value } })
  }

  /// The largest deviation of means and of spreads, and whose it is.
  static func worst(_ candidate: [[Int]], _ reference: [[Int]]) -> (deviation: Double, name: String) {
    let (names, a) = measure(candidate)
    let (_, b) = measure(reference)
    var worst = (deviation: 0.0, name: "none")
    for (k, name) in names.enumerated() {
      let centre = b[k].reduce(0, +) / Double(b[k].count)
      func squares(_ values: [Double]) -> [Double] { values.map { ($0 - centre) * ($0 - centre) } }
      for (kind, left, right) in [("mean", a[k], b[k]), ("spread", squares(a[k]), squares(b[k]))] {
        let deviation = difference(left, right)
        if deviation > worst.deviation { worst = (deviation, "\(kind) of \(name)") }
      }
    }
    return worst
  }

  /// Welch's: the difference of means in standard errors.
  static func difference(_ a: [Double], _ b: [Double]) -> Double {
    func moments(_ x: [Double]) -> (mean: Double, error: Double) {
      let mean = x.reduce(0, +) / Double(x.count)
      let variance = x.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(x.count - 1)
      return (mean, variance / Double(x.count))
    }
    let (left, right) = (moments(a), moments(b))
    let error = (left.error + right.error).squareRoot()
    return error == 0 ? (left.mean == right.mean ? 0 : .infinity) : abs(left.mean - right.mean) / error
  }

  static func make(_ maker: Maker, _ count: Int) -> [[Int]] {
    (0..<orders).map { maker(count, UInt64($0) * 7919, 3) }
  }
  static func makeEpochs(_ maker: Maker, _ count: Int) -> [[Int]] {
    (0..<orders).map { number in
      let seed = UInt64(number) * 7919
      return PermutationStatistics.relative(maker(count, seed, 0), maker(count, seed, 1))
    }
  }
  static func makeSeeds(_ maker: Maker, _ count: Int) -> [[Int]] {
    (0..<orders).map { number in
      let seed = UInt64(number) * 2
      return PermutationStatistics.relative(maker(count, seed, 0), maker(count, seed + 1, 0))
    }
  }

  @Test("orders cannot be told from Fisher–Yates's", arguments: [1025, 1500, 2048, 3000])
  func orders(count: Int) {
    let found = Self.worst(Self.make(Self.keyed, count), Self.make(Self.fisherYates, count))
    #expect(found.deviation < Self.limit, "\(found)")
  }

  @Test("orders of two epochs have nothing in common", arguments: [1025, 2048])
  func epochs(count: Int) {
    let found = Self.worst(Self.makeEpochs(Self.keyed, count), Self.make(Self.fisherYates, count))
    #expect(found.deviation < Self.limit, "\(found)")
  }

  @Test("orders of neighbouring seeds have nothing in common", arguments: [1025, 2048])
  func seeds(count: Int) {
    let found = Self.worst(Self.makeSeeds(Self.keyed, count), Self.make(Self.fisherYates, count))
    #expect(found.deviation < Self.limit, "\(found)")
  }

  @Test("orders of neighbouring counts have nothing in common")
  func counts() {
    let (small, large) = (1999, 2000)
    let relative = (0..<Self.orders).map { number -> [Int] in
      let short = Self.keyed(small, UInt64(number), 0)
      // The larger order without its largest number, so that both permute the same.
      let long = Self.keyed(large, UInt64(number), 0).filter { $0 < small }
      return PermutationStatistics.relative(short, long)
    }
    let found = Self.worst(relative, Self.make(Self.fisherYates, small))
    #expect(found.deviation < Self.limit, "\(found)")
  }

  @Test("fixed points and cycles have their known means")
  func theory() {
    let count = 1500
    let orders = Self.make(Self.keyed, count)
    let (seeds, n) = (Double(orders.count), Double(count))
    func sum(_ value: ([Int]) -> Int) -> Double { orders.reduce(0) { $0 + Double(value($1)) } }
    // Poisson of mean 1.
    let fixed = sum { order in order.indices.count { order[$0] == $0 } }
    #expect(abs(fixed - seeds) / seeds.squareRoot() < 4)
    // Cycles: harmonic numbers of first and second order.
    let mean = (1...count).reduce(0.0) { $0 + 1 / Double($1) }
    let variance = mean - (1...count).reduce(0.0) { $0 + 1 / Double($1 * $1) }
    let cycles = sum(PermutationStatistics.cycleCount)
    #expect(abs(cycles - seeds * mean) / (seeds * variance).squareRoot() < 4)
    // Ascents: (n − 1) / 2, variance (n + 1) / 12.
    let ascents = sum { order in (1..<count).count { order[$0 - 1] < order[$0] } }
    #expect(abs(ascents - seeds * (n - 1) / 2) / (seeds * (n + 1) / 12).squareRoot() < 4)
  }

  /// χ² of number by position over many orders, cell by cell, in standard deviations.
  static func cells(_ orders: [[Int]]) -> Double {
    let n = orders[0].count
    var cells = [UInt16](repeating: 0, count: n * n)
    for order in orders { for (position, value) in order.enumerated() { cells[position * n + value] += 1 } }
    let expected = Double(orders.count) / Double(n)
    let chi = cells.reduce(0.0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
    // Rows and columns have fixed sums: (n − 1)² degrees, and a factor n / (n − 1). A cell's variance is 2 + 1/E.
    let freedom = Double((n - 1) * (n - 1))
    return abs(chi * Double(n - 1) / Double(n) - freedom) / (freedom * (2 + 1 / expected)).squareRoot()
  }

  @Test("every number stands at every position equally often", arguments: [1024, 1025, 1100])
  func positions(count: Int) {
    #expect(Self.cells(Self.make(Self.keyed, count)) < Self.limit)
  }

  @Test("the tests fail a linear congruence and a network of two rounds", arguments: [1025, 2048])
  func weak(count: Int) {
    let reference = Self.make(Self.fisherYates, count)
    let linear = Self.worst(Self.make(WeakPermutations.linear, count), reference)
    #expect(linear.deviation > 20, "\(linear)")
    let feistel = Self.worst(Self.make(WeakPermutations.feistel(rounds: 2), count), reference)
    #expect(feistel.deviation > 20, "\(feistel)")
    let epochs = Self.worst(Self.makeEpochs(WeakPermutations.linear, count), reference)
    #expect(epochs.deviation > 20, "\(epochs)")
  }

  @Test("the tests fail a network of XORs by its parity alone, where it has the whole power of two")
  func parity() {
    let reference = Self.make(Self.fisherYates, 2048)
    let found = Self.worst(Self.make(WeakPermutations.feistel(rounds: 12), 2048), reference)
    #expect(found.deviation > 10 && found.name.hasSuffix("even"), "\(found)")
  }

  @Test("Fisher–Yates passes against itself")
  func itself() {
    let others = (0..<Self.orders).map { Self.fisherYates(1500, UInt64($0) * 7919, 4) }
    let found = Self.worst(others, Self.make(Self.fisherYates, 1500))
    #expect(found.deviation < Self.limit, "\(found)")
  }
}
