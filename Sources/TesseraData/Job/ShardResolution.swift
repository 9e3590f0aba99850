/// Which part a process does, who said so, and what a person should hear about it.
public struct ShardResolution: Sendable, Equatable {
  public var assignment: ShardAssignment
  /// In words: `Open MPI`, `Slurm array × Slurm`, `--shard`.
  public var source: String
  /// What else was found: a launcher that was left aside, and why.
  public var notices: [String]
  /// How many processes of the job share this machine, where the launcher says so (Open MPI, MPICH, torchrun);
  /// else 1. Slurm and Kubernetes give each process cores of its own instead.
  public var processesHere: Int

  public init(
    _ assignment: ShardAssignment, source: String, notices: [String] = [], processesHere: Int = 1
  ) {
    self.assignment = assignment
    self.source = source
    self.notices = notices
    self.processesHere = processesHere
  }

  /// As many threads as leave each process on the machine its share of the cores.
  ///
  /// - Parameters:
  ///   - cores: cores of the machine.
  ///   - usable: those that this process may use; fewer than all where the launcher has bound it to some.
  public func threads(cores: Int, usable: Int) -> Int {
    max(1, min(usable, cores / max(1, processesHere)))
  }
}

extension ShardResolution: CustomStringConvertible {
  /// `shard 2 of 4 (Open MPI)`; `not divided (one process; Slurm)`.
  public var description: String {
    assignment.isWhole
      ? "not divided (\(source))" : "shard \(assignment.index) of \(assignment.count) (\(source))"
  }
}
