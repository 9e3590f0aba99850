/// Which part a process does, who said so, and what a person should hear about it.
public struct ShardResolution: Sendable, Equatable {
  public var assignment: ShardAssignment
  /// In words: `Open MPI`, `Slurm array × Slurm`, `--shard`.
  public var source: String
  /// What else was found: a launcher that was left aside, and why.
  public var notices: [String]

  public init(_ assignment: ShardAssignment, source: String, notices: [String] = []) {
    self.assignment = assignment
    self.source = source
    self.notices = notices
  }
}

extension ShardResolution: CustomStringConvertible {
  /// `shard 2 of 4 (Open MPI)`; `not divided (one process; Slurm)`.
  public var description: String {
    assignment.isWhole
      ? "not divided (\(source))" : "shard \(assignment.index) of \(assignment.count) (\(source))"
  }
}
