package import TesseraCore

/// Draws an index in proportion to weights in O(1).
///
/// Walker's alias method as Vose builds it ("A linear algorithm for generating random numbers with a given
/// distribution", 1991), in whole numbers: shares sum to columns × 2^bits exactly, so no column is left over and
/// an index of weight 0 is never drawn.
///
/// - Complexity: O(n) to build; 16 bytes an index.
package struct AliasTable: Sendable {
  private struct Column: Sendable {
    /// Of the 2^bits parts of a column, the first so many are its own index, the others are `alias`.
    var threshold: UInt64
    var alias: Int
  }

  /// So many weights at most: a column then still has 2³¹ parts.
  static let limit = 1 << 31

  private let columns: [Column]
  private let bits: UInt64

  /// - Parameter weights: as `WholeShares.check` lets through, at most `limit`.
  package init(_ weights: [Double]) {
    let count = weights.count
    precondition(count > 0 && count <= Self.limit, "AliasTable of \(count) weights")
    // count · 2^bits ≤ 2⁶².
    let bits = UInt64(count.leadingZeroBitCount - 2)
    let capacity = UInt64(1) << bits
    var rest = WholeShares.make(weights, total: UInt64(count) << bits)
    var columns = (0..<count).map { Column(threshold: capacity, alias: $0) }
    var small = rest.indices.filter { rest[$0] < capacity }
    var large = rest.indices.filter { rest[$0] >= capacity }
    while let index = small.popLast() {
      // The rests of n open columns sum to n · capacity: one below it means one above it.
      let other = large[large.count - 1]
      columns[index] = Column(threshold: rest[index], alias: other)
      rest[other] -= capacity - rest[index]
      if rest[other] < capacity {
        large.removeLast()
        small.append(other)
      }
    }
    self.columns = columns
    self.bits = bits
  }

  /// The next index.
  package func draw(using random: inout RandomStream) -> Int {
    let index = random.integer(in: 0...columns.count - 1)
    let column = columns[index]
    return random.next64() >> (64 - bits) < column.threshold ? index : column.alias
  }

  /// How many of all parts are each index's: the chances, in parts of columns × 2^bits.
  package var shares: [UInt64] {
    var shares = [UInt64](repeating: 0, count: columns.count)
    for (index, column) in columns.enumerated() {
      shares[index] += column.threshold
      shares[column.alias] += (1 << bits) - column.threshold
    }
    return shares
  }
}
