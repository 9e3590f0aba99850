private import CTorch
internal import TesseraCore

/// Adds gradients up over ranks while the way back goes on: buckets of parameters are sent as soon as they are full (Li et al.
/// 2020, "PyTorch Distributed: Experiences on Accelerating Data Parallel Training").
///
///     for batch in batches.dropLast() { backward(batch) }
///     reducer.arm()
///     backward(batches.last)
///     try reducer.finish()
///
/// The optimiser then sees the sum of all ranks' gradients. A rank on which a parameter took no part adds zeros; one that took
/// part on no rank keeps no gradient.
public final class GradientReducer {
  private let group: ProcessGroup
  private let handle: ct_reducer

  /// Watches parameters.
  ///
  /// - Parameters:
  ///   - parameters: leaves, the same ones in the same order on all ranks.
  ///   - bucketBytes: what is sent together at most; a larger parameter goes alone.
  /// - Throws: `invalidInput` for tensors that are no leaves.
  public init(_ group: ProcessGroup, _ parameters: [TorchTensor], bucketBytes: Int = 25 << 20) throws {
    self.group = group
    let made = withHandles(parameters) { ct_reducer_make(group.handle, $0, $1, Int64(bucketBytes)) }
    guard let made else { throw TorchFailure.error("gradients of several ranks") }
    handle = made
  }

  deinit { ct_reducer_free(handle) }

  /// Says that the next way back is the step's last. Before `finish` on every rank, also where there is none.
  public func arm() { TorchTensor.check(ct_reducer_arm(handle), "GradientReducer.arm") }

  /// Sends what is left, and puts the sums in the gradients' place.
  ///
  /// - Throws: `io` with the rank that is to blame.
  public func finish() throws { try group.check(ct_reducer_finish(handle), "adding up gradients over ranks") }

  /// How many buckets there are, and how many of them were under way before the last `finish`.
  public var buckets: (all: Int, early: Int) {
    var (all, early): (Int64, Int64) = (0, 0)
    ct_reducer_facts(handle, &all, &early)
    return (Int(all), Int(early))
  }
}
