/// A reward that several processes ask together, each for its part of the replies: the scores are the same on all.
///
/// A score must not depend on the other replies, as `Reward` says; a program of the user's runs once on each rank.
struct DealtReward: Reward {
  let base: any Reward
  let group: ProcessGroup

  var name: String { base.name }

  func scores(_ replies: [Evaluator.Reply]) throws -> [Double] {
    guard group.isShared else { return try base.scores(replies) }
    let bounds = (0...group.size).map { replies.count * $0 / group.size }
    let own = Array(replies[bounds[group.rank]..<bounds[group.rank + 1]])
    // A reward need not understand what nobody asks.
    return try group.exchange(Result { own.isEmpty ? [] : try base.checkedScores(own) }).flatMap { $0 }
  }
}
