/// What starts the processes of a job and tells each its number by environment variables.
public enum ShardLauncher: String, Sendable, Hashable, CaseIterable {
  case openMPI = "openmpi"
  case pmi
  case torchrun
  case slurm
  case slurmArray = "slurm-array"
  case pmix
  case kubernetes

  /// The name as its makers write it.
  public var title: String {
    switch self {
    case .openMPI: "Open MPI"
    case .pmi: "PMI"
    case .torchrun: "torchrun"
    case .slurm: "Slurm"
    case .slurmArray: "Slurm array"
    case .pmix: "PMIx"
    case .kubernetes: "Kubernetes"
    }
  }

  /// Tells the number of parts where a launcher tells only the index.
  public static let countVariable = "TESSERA_SHARDS"

  /// The variable with the process's number, and those that may hold the number of processes: the first that
  /// is set counts.
  ///
  /// Sources: Open MPI's *mpirun* (OMPI_COMM_WORLD_…); MPICH's *PMI* (also Intel MPI, Cray, `srun --mpi=pmi2`);
  /// torchrun's *Environment Variables*; Slurm's *srun*, output environment variables; Kubernetes's Indexed
  /// Jobs, which tell a pod its index and never the number of completions: the job's file must repeat it.
  var variables: (rank: String, sizes: [String]) {
    switch self {
    case .openMPI: ("OMPI_COMM_WORLD_RANK", ["OMPI_COMM_WORLD_SIZE"])
    case .pmi: ("PMI_RANK", ["PMI_SIZE"])
    case .torchrun: ("RANK", ["WORLD_SIZE"])
    case .slurm: ("SLURM_PROCID", ["SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"])
    case .slurmArray: ("SLURM_ARRAY_TASK_ID", ["SLURM_ARRAY_TASK_COUNT"])
    case .pmix: ("PMIX_RANK", [Self.countVariable])
    case .kubernetes: ("JOB_COMPLETION_INDEX", [Self.countVariable, "JOB_COMPLETIONS"])
    }
  }

  /// The variable with the number of processes on the same machine, where there is one.
  var localSize: String? {
    switch self {
    case .openMPI: "OMPI_COMM_WORLD_LOCAL_SIZE"
    case .pmi: "MPI_LOCALNRANKS"
    case .torchrun: "LOCAL_WORLD_SIZE"
    case .slurm, .slurmArray, .pmix, .kubernetes: nil
    }
  }
}
