/// Where a batch stands: enough to make it again.
public struct BatchPosition: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
  /// The epoch, from 0.
  public var epoch: Int
  /// The batch's number in its epoch (on its rank), from 0.
  public var batch: Int

  public init(epoch: Int, batch: Int) {
    precondition(epoch >= 0 && batch >= 0, "BatchPosition(epoch: \(epoch), batch: \(batch))")
    self.epoch = epoch
    self.batch = batch
  }

  public static func < (a: BatchPosition, b: BatchPosition) -> Bool {
    (a.epoch, a.batch) < (b.epoch, b.batch)
  }

  public var description: String { "epoch \(epoch), batch \(batch)" }
}
