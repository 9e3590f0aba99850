/// What becomes of the samples (or batches) that do not divide evenly among ranks.
public enum DistributedTail: String, Sendable, Hashable, Codable, CaseIterable {
  /// The list is repeated from its start until it divides: some samples are visited twice. PyTorch's way.
  case pad
  /// The last samples are left out. PyTorch's `drop_last`.
  case drop
  /// Every sample exactly once. Ranks that come out short get samples marked as padding, so that all have equally
  /// many and none waits for another: a batch's `valid` leaves them out of losses and metrics.
  case exact
}
