private import Foundation
internal import TesseraCore

extension ShardAssignment {
  /// Reads which part this process does from the variables of the launcher that started it.
  ///
  /// Launchers are asked in this order: Open MPI, PMI (MPICH, Intel MPI), torchrun, Slurm (tasks of `srun`),
  /// Slurm arrays, PMIx's own launcher, Kubernetes (indexed jobs). One with a single process divides nothing and is passed over.
  /// - Two of the first three that disagree are an error that names both: leftovers of another job.
  /// - MPI or torchrun inside Slurm tasks: Slurm started a daemon a node, so the inner numbers count, unless
  ///   the inner world is smaller than the outer (then each daemon has a world of its own: an error).
  /// - A Slurm array multiplies: task t of T in element a of A does part a·T + t of A·T.
  /// - A batch script is no task of Slurm's (`SLURM_STEP_ID` is missing): `SLURM_NTASKS` alone divides nothing.
  /// - Kubernetes and PMIx tell the index only; the number comes from `count`, `TESSERA_SHARDS` or `JOB_COMPLETIONS`.
  ///
  /// - Parameters:
  ///   - environment: the variables; the process's own where nil.
  ///   - count: the number of parts, for launchers that tell only an index. One that tells another number is an error.
  ///   - launcher: ask this one only; it must have left its variables.
  /// - Throws: `invalidArgument` for contradictions, a rank without a size or a size without a rank, and for
  ///   values that are no numbers, with the variables' names.
  public static func fromEnvironment(
    _ environment: [String: String]? = nil, count: Int? = nil,
    launcher: ShardLauncher? = nil
  ) throws -> ShardResolution {
    var reader = LauncherReader(
      environment: environment ?? ProcessInfo.processInfo.environment, count: count, only: launcher)
    let found = try reader.resolve()
    guard let count, count != found.assignment.count else { return found }
    throw TesseraError(
      .invalidArgument(
        name: "the shard", expected: "one of \(count) (--shards)",
        got: found.assignment.isWhole ? "no launcher that tells this process its number" : "\(found)"))
  }
}

/// Asks the launchers one after another.
private struct LauncherReader {
  let environment: [String: String]
  /// The number of parts that the caller gave.
  let count: Int?
  let only: ShardLauncher?
  var notices: [String] = []

  /// What one launcher's variables say.
  struct Finding {
    var launcher: ShardLauncher
    var assignment: ShardAssignment
    /// `RANK=1, WORLD_SIZE=4`.
    var evidence: String
    /// How a person reads it: `Open MPI (OMPI_COMM_WORLD_RANK=1, OMPI_COMM_WORLD_SIZE=4)`.
    var words: String { "\(launcher.title) (\(evidence))" }
  }

  mutating func resolve() throws -> ShardResolution {
    if let only {
      guard let finding = try find(only) else {
        throw fault("\(only.title)'s variables (\(only.variables.rank) …)", "none of them in the environment")
      }
      return result(finding.assignment, finding.launcher.title, finding.launcher)
    }
    let inner = try agreed([.openMPI, .pmi, .torchrun].compactMap { try find($0) })
    let tasks = try innermost(inner, try find(.slurm))
    let array = try find(.slurmArray).flatMap { $0.assignment.isWhole ? nil : $0 }
    // Open MPI and Slurm set PMIx's rank too; alone it comes from PMIx's own launcher, which tells no number.
    let pmix = tasks == nil ? try find(.pmix) : nil
    let kubernetes = try findKubernetes(besides: tasks ?? pmix ?? array)
    guard let array else {
      guard
        let found = [tasks, pmix, kubernetes].compactMap({ $0 }).first(where: { !$0.assignment.isWhole })
          ?? tasks ?? pmix ?? kubernetes
      else { return result(.whole, "one process") }
      return result(found.assignment, found.launcher.title, found.launcher)
    }
    guard let tasks = tasks ?? pmix, !tasks.assignment.isWhole else {
      return result(array.assignment, array.launcher.title)
    }
    let (a, t) = (array.assignment, tasks.assignment)
    let product = try ShardAssignment(index: a.index * t.count + t.index, count: a.count * t.count)
    return result(product, "\(array.launcher.title) × \(tasks.launcher.title)", tasks.launcher)
  }

  private func result(
    _ assignment: ShardAssignment, _ source: String, _ launcher: ShardLauncher? = nil
  ) -> ShardResolution {
    let here = launcher?.localSize.flatMap { environment[$0] }.flatMap { ShardAssignment.number($0) } ?? 1
    return ShardResolution(
      assignment, source: assignment.isWhole && launcher != nil ? "one process; \(source)" : source,
      notices: notices, processesHere: assignment.isWhole ? 1 : here)
  }

  // MARK: one launcher

  /// What a launcher says; nil where none of its variables is set.
  private mutating func find(_ launcher: ShardLauncher) throws -> Finding? {
    let (rankName, sizeNames) = launcher.variables
    let rank = environment[rankName]
    let size = sizeNames.first { environment[$0] != nil }.map { ($0, environment[$0] ?? "") }
    if rank == nil && size == nil { return nil }
    if launcher == .slurm, isOutsideOfSteps { return batchScript(size) }
    guard let rank else {
      // The number of a Kubernetes job may stand in every environment; it means something beside an index.
      if size?.0 == ShardLauncher.countVariable || launcher == .kubernetes { return nil }
      throw fault(
        "told with its rank: \(rankName) beside \(size?.0 ?? "")",
        "\(size.map { "\($0.0)=\($0.1)" } ?? "") alone")
    }
    guard let size = size ?? count.map({ ("--shards", String($0)) }) else {
      throw fault(Self.sizeHelp(launcher), "\(rankName)=\(rank) alone")
    }
    return try finding(launcher, (rankName, rank), size)
  }

  private mutating func finding(
    _ launcher: ShardLauncher, _ rank: (name: String, value: String), _ size: (name: String, value: String)
  ) throws -> Finding {
    let evidence = "\(rank.name)=\(rank.value), \(size.name)=\(size.value)"
    guard let number = ShardAssignment.number(rank.value), let total = ShardAssignment.number(size.value)
    else { throw fault("two whole numbers", evidence) }
    let index = launcher == .slurmArray ? try arrayIndex(number, total) : number
    guard let assignment = try? ShardAssignment(index: index, count: total) else {
      throw fault("a rank below its size, at most \(ShardAssignment.limit)", evidence)
    }
    if launcher == .torchrun, total > 1, environment["TORCHELASTIC_RUN_ID"] == nil {
      notices.append(
        "\(evidence) stand in the environment, but torchrun did not start this process; --shard none "
          + "if they are left over")
    }
    return Finding(launcher: launcher, assignment: assignment, evidence: evidence)
  }

  /// Slurm's array indices start at MIN and may have gaps (`--array=3-9:2`).
  private func arrayIndex(_ id: Int, _ total: Int) throws -> Int {
    func value(_ name: String, _ fallback: Int) throws -> Int {
      guard let text = environment[name] else { return fallback }
      guard let number = ShardAssignment.number(text) else {
        throw fault("a whole number", "\(name)=\(text)")
      }
      return number
    }
    let first = try value("SLURM_ARRAY_TASK_MIN", 0)
    let step = max(1, try value("SLURM_ARRAY_TASK_STEP", 1))
    let last = try value("SLURM_ARRAY_TASK_MAX", first + (total - 1) * step)
    guard last - first == (total - 1) * step, id >= first, (id - first) % step == 0 else {
      throw fault(
        "an array with even steps, such as 0-9 or 1-9:2 (for others give --shard i/n)",
        "task \(id) of \(total) from \(first) to \(last) in steps of \(step)")
    }
    return (id - first) / step
  }

  private static func sizeHelp(_ launcher: ShardLauncher) -> String {
    let (rank, sizes) = launcher.variables
    guard sizes.contains(ShardLauncher.countVariable) else {
      return "told with its number: \(sizes.joined(separator: " or ")) beside \(rank)"
    }
    return """
      told with its number: \(sizes[0]) (or --shards n, or --shard i/n) beside \(rank), as \(launcher.title) \
      does not tell a process how many there are; --shard none divides nothing
      """
  }

  // MARK: several launchers

  /// Launchers that start every process themselves: all must say the same.
  private func agreed(_ findings: [Finding]) throws -> Finding? {
    let dividing = findings.filter { !$0.assignment.isWhole }
    if let first = dividing.first, let other = dividing.first(where: { $0.assignment != first.assignment }) {
      throw contradiction(first, other)
    }
    return dividing.first ?? findings.first
  }

  /// MPI or torchrun inside Slurm's tasks: the inner numbers, if they can be of one world.
  private mutating func innermost(_ inner: Finding?, _ outer: Finding?) throws -> Finding? {
    guard let outer, !outer.assignment.isWhole else { return inner ?? outer }
    guard let inner, !inner.assignment.isWhole else { return outer }
    if inner.assignment == outer.assignment { return inner }
    let groups = inner.launcher == .torchrun ? environment["GROUP_WORLD_SIZE"].flatMap { Int($0) } : nil
    guard inner.assignment.count >= outer.assignment.count,
      groups ?? outer.assignment.count == outer.assignment.count
    else { throw contradiction(inner, outer) }
    notices.append("\(inner.words) inside of \(outer.words): the inner numbers count")
    return inner
  }

  /// Kubernetes, unless a launcher inside of the pod has the say.
  private mutating func findKubernetes(besides other: Finding?) throws -> Finding? {
    let (rank, sizes) = ShardLauncher.kubernetes.variables
    guard let other, !other.assignment.isWhole, let index = environment[rank] else {
      return try find(.kubernetes)
    }
    if count == nil, sizes.allSatisfy({ environment[$0] == nil }) {
      notices.append("\(other.words) inside of a pod with \(rank)=\(index): the inner numbers count")
      return nil
    }
    guard let outer = try find(.kubernetes), !outer.assignment.isWhole,
      outer.assignment != other.assignment
    else { return nil }
    throw contradiction(other, outer)
  }

  /// In a job of Slurm's, but not started by `srun`: the batch script, or a shell of `salloc`.
  private var isOutsideOfSteps: Bool {
    environment["SLURM_JOB_ID"] != nil && environment["SLURM_STEP_ID"] == nil
      && environment["SLURM_PROCID"] ?? "0" == "0"
  }

  private mutating func batchScript(_ size: (name: String, value: String)?) -> Finding? {
    if let size, size.value != "1" {
      notices.append(
        "\(size.name)=\(size.value), but a batch script or shell is no task of Slurm's: start this command with "
          + "srun to divide the work")
    }
    return nil
  }

  private func contradiction(_ a: Finding, _ b: Finding) -> TesseraError {
    fault("named by one launcher", "\(a.words) and \(b.words); say which by --shard i/n, or --shard none")
  }

  private func fault(_ expected: String, _ got: String) -> TesseraError {
    TesseraError(.invalidArgument(name: "the shard", expected: expected, got: got))
  }
}
