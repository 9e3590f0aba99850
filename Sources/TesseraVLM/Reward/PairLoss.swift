internal import TesseraCore

/// What a reward model learns by: of two answers the better one scores higher (Bradley & Terry 1952).
///
/// Of each pair `−log σ(r⁺ − r⁻ − m) + λ (r⁺ + r⁻)²`, of a prompt the mean over its pairs, so that many answers of one prompt
/// weigh no more than two (Ouyang et al. 2022). The second term keeps the scores about 0 (Eisenstein et al. 2023).
public struct PairLoss: Sendable, Hashable {
  /// λ; 0 lets the scores go where they like.
  public var centring = 0.01
  /// What every pair's margin begins with, in the reward's unit; the data's own are added.
  public var margin = 0.0

  public init() {}

  /// The sum over prompts.
  ///
  /// - Parameter scores: **Shape** `[B]`, one for each row of the batch.
  public func callAsFunction(_ scores: TorchTensor, _ batch: RankedBatch) -> TorchTensor {
    let pairs = batch.pairs
    func numbers(_ values: [Double]) -> TorchTensor {
      TorchTensor(values, shape: [values.count]).to(scores.type, device: scores.device)
    }
    func chosen(_ rows: [Int]) -> TorchTensor {
      scores.indexSelect(
        0, TorchTensor(rows.map { Int64($0) }, shape: [rows.count]).to(device: scores.device))
    }
    let (better, worse) = (chosen(pairs.map(\.better)), chosen(pairs.map(\.worse)))
    let lead = better - worse - numbers(pairs.map { $0.margin + margin })
    let loss = -lead.logSigmoid() + centring * (better + worse).square()
    return (loss * numbers(pairs.map(\.weight))).sum()
  }
}
