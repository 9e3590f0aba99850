/// What random permutations are known by: numbers that a weak shuffle gets wrong.
enum PermutationStatistics {
  /// The numbers of one permutation, by name.
  static func all(of order: [Int]) -> [(name: String, value: Double)] {
    let n = order.count
    var found: [(String, Double)] = []
    found.append(("fixed points", Double(order.indices.count { order[$0] == $0 })))
    let cycles = cycleCount(order)
    found.append(("cycles", Double(cycles)))
    found.append(("even", (n - cycles) % 2 == 0 ? 1 : 0))
    found.append(("ascents", Double((1..<n).count { order[$0 - 1] < order[$0] })))
    found.append(("longest run", Double(longestRun(order))))
    found.append(("longest increasing subsequence", Double(longestIncreasing(order))))
    found.append(("inversions (Kendall)", Double(inversions(order))))
    found.append(("Spearman", spearman(order)))
    for stride in [1, 2, 32, 64, 512, 1024] where stride < n {
      // Differences around the circle: 64 bins of nearly equal width.
      var bins = [Int](repeating: 0, count: 64)
      for i in order.indices { bins[((order[(i + stride) % n] - order[i] + n) % n) * 64 / n] += 1 }
      found.append(("differences at stride \(stride)", chiSquare(bins, n)))
    }
    found.append(("low bits by low bits", table(order, 8) { ($0 & 7, $1 & 7) }))
    found.append(("bins by bins", table(order, 8) { ($0 * 8 / n, $1 * 8 / n) }))
    found.append(("low bits by bins", table(order, 8) { ($0 & 7, $1 * 8 / n) }))
    found.append(("bins by low bits", table(order, 8) { ($0 * 8 / n, $1 & 7) }))
    let pairs = stride(from: 0, to: n - 1, by: 2).map { (order[$0], order[$0 + 1]) }
    found.append(("neighbours", chiSquare(bins(pairs.map { ($0 * 8 / n, $1 * 8 / n) }), pairs.count)))
    found.append(("neighbours' low bits", chiSquare(bins(pairs.map { ($0 & 7, $1 & 7) }), pairs.count)))
    found.append(("patterns of three", patterns(order)))
    return found
  }

  /// How far a χ² of so many degrees of freedom is from its mean, in standard deviations (Wilson and Hilferty).
  static func deviation(chiSquare: Double, freedom: Double) -> Double {
    let mean = 1 - 2 / (9 * freedom)
    return (root3(chiSquare / freedom) - mean) / (2 / (9 * freedom)).squareRoot()
  }

  private static func root3(_ x: Double) -> Double {
    var root = max(x, 1e-9)
    for _ in 0..<60 { root -= (root * root * root - x) / (3 * root * root) }
    return root
  }

  /// χ² against equal chances.
  static func chiSquare(_ bins: [Int], _ total: Int) -> Double {
    let expected = Double(total) / Double(bins.count)
    return bins.reduce(0) { $0 + (Double($1) - expected) * (Double($1) - expected) / expected }
  }

  /// The relative order of a second permutation to a first: random if either is random and both are independent.
  static func relative(_ first: [Int], _ second: [Int]) -> [Int] {
    var order = first
    for i in first.indices { order[first[i]] = second[i] }
    return order
  }

  private static func bins(_ pairs: [(Int, Int)]) -> [Int] {
    var bins = [Int](repeating: 0, count: 64)
    for (a, b) in pairs { bins[a * 8 + b] += 1 }
    return bins
  }

  private static func table(_ order: [Int], _ side: Int, _ cell: (Int, Int) -> (Int, Int)) -> Double {
    chiSquare(bins(order.enumerated().map { cell($0, $1) }), order.count)
  }

  static func cycleCount(_ order: [Int]) -> Int {
    var seen = [Bool](repeating: false, count: order.count)
    var cycles = 0
    for start in order.indices where !seen[start] {
      cycles += 1
      var i = start
      while !seen[i] {
        seen[i] = true
        i = order[i]
      }
    }
    return cycles
  }

  private static func longestRun(_ order: [Int]) -> Int {
    var (longest, run) = (1, 1)
    for i in 1..<order.count {
      run = order[i - 1] < order[i] ? run + 1 : 1
      longest = max(longest, run)
    }
    return longest
  }

  /// By patience sorting.
  private static func longestIncreasing(_ order: [Int]) -> Int {
    var tops: [Int] = []
    for value in order {
      var (low, high) = (0, tops.count)
      while low < high {
        let middle = (low + high) / 2
        if tops[middle] < value { low = middle + 1 } else { high = middle }
      }
      if low == tops.count { tops.append(value) } else { tops[low] = value }
    }
    return tops.count
  }

  /// Pairs that stand the wrong way round, counted by a Fenwick tree.
  private static func inversions(_ order: [Int]) -> Int {
    var tree = [Int](repeating: 0, count: order.count + 1)
    var total = 0
    for (position, value) in order.enumerated() {
      var i = value + 1
      var below = 0
      while i > 0 {
        below += tree[i]
        i &= i - 1
      }
      total += position - below
      i = value + 1
      while i <= order.count {
        tree[i] += 1
        i += i & -i
      }
    }
    return total
  }

  /// The correlation of positions and numbers.
  private static func spearman(_ order: [Int]) -> Double {
    let middle = Double(order.count - 1) / 2
    var (product, square) = (0.0, 0.0)
    for (position, value) in order.enumerated() {
      product += (Double(position) - middle) * (Double(value) - middle)
      square += (Double(position) - middle) * (Double(position) - middle)
    }
    return product / square
  }

  private static func patterns(_ order: [Int]) -> Double {
    var bins = [Int](repeating: 0, count: 6)
    for i in stride(from: 0, to: order.count - 2, by: 3) {
      let (a, b, c) = (order[i], order[i + 1], order[i + 2])
      bins[a < b ? (b < c ? 0 : a < c ? 1 : 2) : (a < c ? 3 : b < c ? 4 : 5)] += 1
    }
    return chiSquare(bins, order.count / 3)
  }
}
