internal import TesseraCore

/// The share of one rank in a list of `count` things: the numbers rank, rank + ranks, rank + 2·ranks, …
struct RankShare: Sendable {
  let whole: Int
  let rank: Int
  let ranks: Int
  let tail: DistributedTail

  /// How many this rank, and every other, gets.
  var count: Int {
    let even = whole / ranks
    return tail == .drop || whole % ranks == 0 ? even : even + 1
  }

  /// What stands at a position of the share: a place in the whole list, the number of times the list was begun
  /// before, and whether it is there to fill up.
  func place(_ position: Int) -> (index: Int, pass: Int, isPadding: Bool) {
    // Below whole + ranks, which may be above Int.max.
    let place = UInt(position) * UInt(ranks) + UInt(rank)
    let (pass, index) = place.quotientAndRemainder(dividingBy: UInt(whole))
    return (Int(index), Int(pass), tail == .exact && pass > 0)
  }

  /// - Throws: `invalidArgument` unless 0 ≤ rank < ranks.
  static func check(rank: Int, of ranks: Int) throws {
    guard ranks > 0 else {
      throw TesseraError(.invalidArgument(name: "ranks", expected: "1 or more", got: "\(ranks)"))
    }
    guard rank >= 0, rank < ranks else {
      throw TesseraError(.invalidArgument(name: "rank", expected: "0...\(ranks - 1)", got: "\(rank)"))
    }
  }
}
