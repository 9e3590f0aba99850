internal import TesseraCore

/// Divides the numbers 0..<count into parts: what `Dataset.split` and `tessera split` do.
public enum DatasetSplit {
  /// The key's operation word: "SPLT". No other use of a seed draws from the same stream.
  private static let operation: UInt32 = 0x5350_4C54

  /// Divides 0..<`count` into parts by chance, each number into one part at most.
  ///
  /// The sizes are exact: *fraction · count*, rounded by the largest remainder (of equal remainders the first
  /// part's counts). With labels every class is divided by itself, so that each part has each class's share to
  /// within a sample or two, and the sizes stay exact. The same arguments give the same parts on every machine.
  ///
  /// - Parameters:
  ///   - labels: the class of each number; nil within is a class of its own. None: parts ignore classes.
  ///   - fractions: each 0...1, 1 in all; with less, the rest of the numbers is in no part.
  ///   - seed: what chance hangs on.
  /// - Returns: the parts in the order of `fractions`, each ascending.
  /// - Throws: `invalidArgument` for fractions that are negative, not finite or over 1 in all, and for labels
  ///   that are not `count`.
  /// - Complexity: O(*count* log *count*).
  public static func splitIndices(
    count: Int, labels: [Int?]? = nil, fractions: [Double], seed: UInt64
  ) throws -> [[Int]] {
    guard count >= 0 else {
      throw TesseraError(.invalidArgument(name: "count", expected: "at least 0", got: "\(count)"))
    }
    let shares = try shares(fractions)
    if let labels, labels.count != count {
      throw TesseraError(
        .invalidArgument(name: "labels", expected: "\(count) of them", got: "\(labels.count)"))
    }
    var parts = [[Int]](repeating: [], count: shares.count)
    let classes = Self.classes(count: count, labels: labels)
    let quotas = allocate(classes.map(\.members.count), shares)
    for (members, sizes) in zip(classes, quotas) {
      var stream = RandomStream(
        seed: seed, sample: UInt64(bitPattern: Int64(members.label)), operation: operation)
      let order = stream.permutation(members.members.count)
      var next = 0
      for (part, size) in sizes.enumerated() {
        parts[part] += order[next..<next + size].map { members.members[$0] }
        next += size
      }
    }
    return parts.prefix(fractions.count).map { $0.sorted() }
  }

  /// The fractions and what is left of 1, if anything.
  private static func shares(_ fractions: [Double]) throws -> [Double] {
    let sum = fractions.reduce(0, +)
    // Decimal fractions sum to 1 only nearly.
    let slack = 1e-9
    guard !fractions.isEmpty, fractions.allSatisfy({ $0.isFinite && $0 >= 0 }), sum > 0, sum <= 1 + slack
    else {
      throw TesseraError(
        .invalidArgument(
          name: "fractions", expected: "numbers of at least 0, together more than 0 and at most 1",
          got: "\(fractions)"))
    }
    if sum < 1 - slack { return fractions + [1 - sum] }
    return fractions.map { $0 / sum }
  }

  private static func classes(count: Int, labels: [Int?]?) -> [(label: Int, members: [Int])] {
    guard let labels else { return [(0, Array(0..<count))] }
    var members: [Int: [Int]] = [:]
    for (index, label) in labels.enumerated() { members[label ?? -1, default: []].append(index) }
    return members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// How many of each class go into each part: rows sum to the classes' sizes, columns to the exact sizes.
  ///
  /// What rounding a class leaves over is carried to the next, so that the columns come out right; where a small
  /// class cannot give what is carried, members change places in the class that this moves least from its share.
  static func allocate(_ sizes: [Int], _ shares: [Double]) -> [[Int]] {
    var rows: [[Int]] = []
    var carried = [Double](repeating: 0, count: shares.count)
    for size in sizes {
      let wanted = zip(shares, carried).map { Double(size) * $0 + $1 }
      let row = round(wanted, total: size)
      carried = zip(wanted, row).map { $0 - Double($1) }
      rows.append(row)
    }
    let count = sizes.reduce(0, +)
    let exact = round(shares.map { $0 * Double(count) }, total: count)
    var sums = shares.indices.map { part in rows.reduce(0) { $0 + $1[part] } }
    while let over = sums.indices.first(where: { sums[$0] > exact[$0] }),
      let under = sums.indices.first(where: { sums[$0] < exact[$0] })
    {
      // How far the class has too many in one part and too few in the other.
      func slack(_ row: Int) -> Double {
        Double(rows[row][over] - rows[row][under]) - Double(sizes[row]) * (shares[over] - shares[under])
      }
      let candidates = rows.indices.filter { rows[$0][over] > 0 }
      guard let row = candidates.max(by: { slack($0) < slack($1) }) else { break }
      rows[row][over] -= 1
      rows[row][under] += 1
      sums[over] -= 1
      sums[under] += 1
    }
    return rows
  }

  /// Whole numbers near `wanted`, none negative, with the sum `total`: the largest remainders are rounded up.
  private static func round(_ wanted: [Double], total: Int) -> [Int] {
    // A product that misses a whole number by rounding is that number.
    var result = wanted.map { max(0, Int(($0 + 1e-9).rounded(.down))) }
    var missing = total - result.reduce(0, +)
    func remainder(_ part: Int) -> Double { wanted[part] - Double(result[part]) }
    while missing > 0 {
      var best = 0
      for part in result.indices where remainder(part) > remainder(best) + 1e-9 { best = part }
      result[best] += 1
      missing -= 1
    }
    while missing < 0 {
      let candidates = result.indices.filter { result[$0] > 0 }
      guard let least = candidates.min(by: { remainder($0) < remainder($1) }) else { break }
      result[least] -= 1
      missing += 1
    }
    return result
  }
}

extension Dataset {
  /// Divides the samples into parts by chance: training, validation, test.
  ///
  ///     let parts = try folder.split(fractions: [0.8, 0.1, 0.1], seed: 42, stratified: true)
  ///
  /// The sizes are exact, and the parts the same on every machine (`DatasetSplit.splitIndices`). Each part keeps
  /// the samples in the dataset's order.
  ///
  /// - Parameter stratified: every part has each class's share. Asks every sample's label; one whose label
  ///   cannot be told counts as without.
  /// - Throws: `invalidArgument` for fractions that are negative or over 1 in all.
  public func split(fractions: [Double], seed: UInt64, stratified: Bool = false) throws -> [Subset] {
    var labels: [Int?]?
    if stratified {
      // A broken sample must not stop the split; it is reported when it is asked for.
      labels = (0..<count).map { index in
        do { return try label(at: index) } catch { return nil }
      }
    }
    return try DatasetSplit.splitIndices(count: count, labels: labels, fractions: fractions, seed: seed)
      .map { try Subset(self, $0) }
  }
}
