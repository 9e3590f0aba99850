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
///
/// Where parameters are owned, each belongs to one rank: it alone gets the sum and moves the parameter, and `share` gives the
/// others what it moved. A rank then needs the optimiser's memory of its own parameters only (Rajbhandari et al. 2020, "ZeRO:
/// Memory Optimizations Toward Training Trillion Parameter Models", stage 1).
public final class GradientReducer {
  private let group: ProcessGroup
  private let handle: ct_reducer
  /// Whether each parameter belongs to one rank.
  public let isOwned: Bool

  /// Watches parameters.
  ///
  /// - Parameters:
  ///   - parameters: leaves, the same ones in the same order on all ranks.
  ///   - bucketBytes: what is sent together at most; a larger parameter goes alone.
  ///   - isOwned: whether each parameter belongs to one rank.
  /// - Throws: `invalidInput` for tensors that are no leaves.
  public init(
    _ group: ProcessGroup, _ parameters: [TorchTensor], bucketBytes: Int = 25 << 20, isOwned: Bool = false
  ) throws {
    (self.group, self.isOwned) = (group, isOwned)
    let made = withHandles(parameters) { ct_reducer_make(group.handle, $0, $1, Int64(bucketBytes), isOwned) }
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

  /// Gives all ranks the parameters as their owners have moved them; nothing where all own all.
  ///
  /// - Throws: `io` with the rank that is to blame.
  public func share() throws {
    if isOwned { try group.check(ct_reducer_share(handle), "moved parameters of their owners") }
  }

  /// The rank that owns a parameter, by its place; nil where all do.
  public func owner(_ place: Int) -> Int? {
    let owner = ct_reducer_owner(handle, place)
    return owner < 0 ? nil : Int(owner)
  }

  /// How many buckets there are, and how many of them were under way before the last `finish`.
  public var buckets: (all: Int, early: Int) {
    var (all, early): (Int64, Int64) = (0, 0)
    ct_reducer_facts(handle, &all, &early)
    return (Int(all), Int(early))
  }
}
