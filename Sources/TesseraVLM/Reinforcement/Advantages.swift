/// How much better than expected what was done turned out.
public enum Advantages {
  /// Generalised advantage estimates of one answer's tokens (Schulman et al. 2016): `δ_t = R_t + γ V_{t+1} − V_t`,
  /// `A_t = δ_t + γ λ A_{t+1}`, `V_{T+1} = 0`.
  ///
  /// - Parameters:
  ///   - rewards: of each token.
  ///   - values: what was expected from each token on.
  /// - Returns: the advantages, and the returns `A + V` that the values should have been.
  public static func generalised(
    rewards: [Double], values: [Double], discount: Double = 1, decay: Double = 0.95
  ) -> (advantages: [Double], returns: [Double]) {
    precondition(rewards.count == values.count, "\(rewards.count) rewards, \(values.count) values")
    var (advantages, next, nextValue) = ([Double](repeating: 0, count: rewards.count), 0.0, 0.0)
    for place in rewards.indices.reversed() {
      let surprise = rewards[place] + discount * nextValue - values[place]
      next = surprise + discount * decay * next
      advantages[place] = next
      nextValue = values[place]
    }
    return (advantages, zip(advantages, values).map { $0 + $1 })
  }

  /// Numbers brought to mean 0 and standard deviation 1 over all tokens of all answers; one number alone becomes 0.
  ///
  /// The deviation is the one without bias (n − 1), and 1e-8 stands beside it, as in TRL.
  public static func whitened(_ rows: [[Double]]) -> [[Double]] {
    let all = rows.joined()
    let count = Double(all.count)
    guard count > 0 else { return rows }
    let mean = all.reduce(0, +) / count
    let variance = all.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, count - 1)
    let scale = 1 / (variance + 1e-8).squareRoot()
    return rows.map { $0.map { ($0 - mean) * scale } }
  }

  /// Of answers to one prompt: `(r − mean) / (deviation + 1e-4)`, the deviation without bias (Shao et al. 2024, as TRL
  /// computes it); 0 for all where they score alike.
  ///
  /// - Parameter isScaled: false leaves the division out, which weighs easy and hard prompts alike (Liu et al. 2025).
  public static func ofGroup(_ rewards: [Double], isScaled: Bool = true) -> [Double] {
    let count = Double(rewards.count)
    let mean = rewards.reduce(0, +) / max(1, count)
    let variance = rewards.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / max(1, count - 1)
    return rewards.map { ($0 - mean) / (isScaled ? variance.squareRoot() + 1e-4 : 1) }
  }

  /// Of answers to one prompt: `r` less the mean of the others (Ahmadian et al. 2024); 0 for one alone.
  public static func leaveOneOut(_ rewards: [Double]) -> [Double] {
    guard rewards.count > 1 else { return rewards.map { _ in 0 } }
    let sum = rewards.reduce(0, +)
    return rewards.map { $0 - (sum - $0) / Double(rewards.count - 1) }
  }
}
