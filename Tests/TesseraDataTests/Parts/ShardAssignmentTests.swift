import Tessera
import Testing

@Suite("which part a process does")
struct ShardAssignmentTests {
  @Test("i/n reads back as it prints", arguments: ["0/1", "0/4", "3/4", "99998/99999"])
  func reads(_ text: String) throws {
    #expect(try ShardAssignment(text).description == text)
  }

  @Test(
    "anything but i/n with i < n is refused with what is allowed",
    arguments: [
      ("4/4", "from 0 to 3"), ("1/0", "from 1 to"), ("-1/4", "i/n"), ("1/-4", "i/n"), ("+1/4", "i/n"),
      ("1", "i/n"), ("1/2/3", "i/n"), ("", "i/n"), ("a/b", "i/n"), (" 1/2", "i/n"), ("1/ 2", "i/n"),
      ("/", "i/n"),
      ("0/100000", "from 1 to 99999"), ("0/99999999999999999999", "i/n"),
    ])
  func refuses(_ text: String, _ hint: String) {
    let error = #expect(throws: TesseraError.self) { try ShardAssignment(text) }
    guard case .invalidArgument(_, let expected, let got)? = error?.reason else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(expected.contains(hint) && got.contains(text.isEmpty ? "''" : text), "\(expected); \(got)")
  }

  static let started: [([String: String], String)] = [
    ([:], "not divided (one process)"),
    (["OMPI_COMM_WORLD_RANK": "2", "OMPI_COMM_WORLD_SIZE": "4"], "shard 2 of 4 (Open MPI)"),
    (["PMI_RANK": "0", "PMI_SIZE": "3"], "shard 0 of 3 (PMI)"),
    (["RANK": "1", "WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "x"], "shard 1 of 2 (torchrun)"),
    (["SLURM_PROCID": "3", "SLURM_NTASKS": "4"], "shard 3 of 4 (Slurm)"),
    (["SLURM_PROCID": "0", "SLURM_NTASKS": "4"], "shard 0 of 4 (Slurm)"),
    // A step smaller than its job.
    (
      [
        "SLURM_JOB_ID": "9", "SLURM_STEP_ID": "0", "SLURM_PROCID": "1", "SLURM_STEP_NUM_TASKS": "2",
        "SLURM_NTASKS": "8",
      ], "shard 1 of 2 (Slurm)"
    ),
    (["JOB_COMPLETION_INDEX": "2", "TESSERA_SHARDS": "5"], "shard 2 of 5 (Kubernetes)"),
    (["JOB_COMPLETION_INDEX": "2", "JOB_COMPLETIONS": "5"], "shard 2 of 5 (Kubernetes)"),
    (["PMIX_RANK": "1", "TESSERA_SHARDS": "2"], "shard 1 of 2 (PMIx)"),
    (["SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "3"], "shard 0 of 3 (Slurm array)"),
    // --array=3-9:2
    (
      [
        "SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "3",
        "SLURM_ARRAY_TASK_MAX": "9", "SLURM_ARRAY_TASK_STEP": "2",
      ], "shard 2 of 4 (Slurm array)"
    ),
    // Two tasks in each of three elements.
    (
      [
        "SLURM_ARRAY_TASK_ID": "2", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1",
        "SLURM_ARRAY_TASK_MAX": "3", "SLURM_PROCID": "1", "SLURM_NTASKS": "2",
      ], "shard 3 of 6 (Slurm array × Slurm)"
    ),
    // Open MPI and PMIx number alike.
    (
      ["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "2", "PMIX_RANK": "1"],
      "shard 1 of 2 (Open MPI)"
    ),
    // The number for Kubernetes may stand in every environment.
    (["TESSERA_SHARDS": "8"], "not divided (one process)"),
  ]

  @Test("a launcher's variables tell the part", arguments: started)
  func launchers(_ environment: [String: String], _ words: String) throws {
    let found = try ShardAssignment.fromEnvironment(environment)
    #expect(found.description == words && found.notices.isEmpty, "\(found.notices)")
  }

  static let single: [[String: String]] = [
    ["OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1"], ["RANK": "0", "WORLD_SIZE": "1"],
    ["SLURM_PROCID": "0", "SLURM_NTASKS": "1", "SLURM_JOB_ID": "7", "SLURM_STEP_ID": "0"],
    ["JOB_COMPLETION_INDEX": "0", "TESSERA_SHARDS": "1"],
    ["SLURM_ARRAY_TASK_ID": "0", "SLURM_ARRAY_TASK_COUNT": "1"],
  ]

  @Test("a launcher of one process divides nothing, and a larger one is heard over it", arguments: single)
  func one(_ environment: [String: String]) throws {
    #expect(try ShardAssignment.fromEnvironment(environment).assignment.isWhole)
    let both = environment.merging(["PMI_RANK": "2", "PMI_SIZE": "3"]) { $1 }
    #expect(try ShardAssignment.fromEnvironment(both).description == "shard 2 of 3 (PMI)")
  }

  static let contradictions: [([String: String], [String])] = [
    (
      ["OMPI_COMM_WORLD_RANK": "1", "OMPI_COMM_WORLD_SIZE": "4", "RANK": "0", "WORLD_SIZE": "2"],
      ["Open MPI", "OMPI_COMM_WORLD_RANK=1", "torchrun", "WORLD_SIZE=2"]
    ),
    (["PMI_RANK": "1", "PMI_SIZE": "4", "RANK": "2", "WORLD_SIZE": "4"], ["PMI_RANK=1", "RANK=2"]),
    // Four Slurm tasks, each with a torchrun of two of its own.
    (
      ["RANK": "1", "WORLD_SIZE": "2", "SLURM_PROCID": "3", "SLURM_NTASKS": "4"],
      ["WORLD_SIZE=2", "SLURM_NTASKS=4"]
    ),
    (
      ["RANK": "1", "WORLD_SIZE": "8", "GROUP_WORLD_SIZE": "1", "SLURM_PROCID": "3", "SLURM_NTASKS": "4"],
      ["WORLD_SIZE=8", "SLURM_NTASKS=4"]
    ),
    (
      ["PMI_RANK": "1", "PMI_SIZE": "4", "JOB_COMPLETION_INDEX": "1", "TESSERA_SHARDS": "3"],
      ["PMI_SIZE=4", "JOB_COMPLETION_INDEX=1", "TESSERA_SHARDS=3"]
    ),
    (["RANK": "1"], ["RANK=1 alone", "WORLD_SIZE"]), (["WORLD_SIZE": "4"], ["WORLD_SIZE=4 alone", "RANK"]),
    (["OMPI_COMM_WORLD_SIZE": "4"], ["OMPI_COMM_WORLD_SIZE=4 alone", "OMPI_COMM_WORLD_RANK"]),
    (["SLURM_NTASKS": "4"], ["SLURM_NTASKS=4 alone", "SLURM_PROCID"]),
    (
      ["JOB_COMPLETION_INDEX": "2"],
      ["JOB_COMPLETION_INDEX=2 alone", "TESSERA_SHARDS", "Kubernetes does not"]
    ),
    (["PMIX_RANK": "0"], ["PMIX_RANK=0 alone", "TESSERA_SHARDS"]),
    (["PMI_RANK": "4", "PMI_SIZE": "4"], ["PMI_RANK=4, PMI_SIZE=4"]),
    (["PMI_RANK": "x", "PMI_SIZE": "4"], ["whole numbers", "PMI_RANK=x"]),
    (["PMI_RANK": "", "PMI_SIZE": "4"], ["whole numbers"]),
    // --array=1,2,7
    (
      [
        "SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "1",
        "SLURM_ARRAY_TASK_MAX": "7",
      ], ["even steps", "--shard i/n"]
    ),
  ]

  @Test("contradictions and halves are errors that name the variables", arguments: contradictions)
  func contradicts(_ environment: [String: String], _ words: [String]) {
    let error = #expect(throws: TesseraError.self) { try ShardAssignment.fromEnvironment(environment) }
    for word in words {
      #expect(error?.description.contains(word) == true, "\(String(describing: error))")
    }
  }

  static let nested: [([String: String], String, String)] = [
    // mpirun over two nodes of a Slurm job: Slurm started two daemons.
    (
      [
        "OMPI_COMM_WORLD_RANK": "5", "OMPI_COMM_WORLD_SIZE": "8", "SLURM_JOB_ID": "1", "SLURM_STEP_ID": "0",
        "SLURM_PROCID": "1", "SLURM_NTASKS": "2",
      ], "shard 5 of 8 (Open MPI)", "the inner numbers count"
    ),
    (
      [
        "RANK": "3", "WORLD_SIZE": "4", "GROUP_WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "x",
        "SLURM_PROCID": "1",
        "SLURM_NTASKS": "2",
      ], "shard 3 of 4 (torchrun)", "the inner numbers count"
    ),
    (
      ["RANK": "1", "WORLD_SIZE": "4"], "shard 1 of 4 (torchrun)", "torchrun did not start this process"
    ),
    // The batch script itself: the four tasks are srun's.
    (
      ["SLURM_JOB_ID": "1", "SLURM_PROCID": "0", "SLURM_NTASKS": "4"], "not divided (one process)", "srun"
    ),
    (["SLURM_JOB_ID": "1", "SLURM_NTASKS": "4"], "not divided (one process)", "srun"),
    (
      ["PMI_RANK": "1", "PMI_SIZE": "4", "JOB_COMPLETION_INDEX": "0"], "shard 1 of 4 (PMI)", "inside of a pod"
    ),
  ]

  @Test("what might surprise is said aloud", arguments: nested)
  func notices(_ environment: [String: String], _ words: String, _ notice: String) throws {
    let found = try ShardAssignment.fromEnvironment(environment)
    #expect(found.description == words)
    #expect(found.notices.count == 1 && found.notices[0].contains(notice), "\(found.notices)")
  }

  @Test("the number of parts given by hand completes a launcher, and must not contradict it")
  func count() throws {
    let index = ["JOB_COMPLETION_INDEX": "2"]
    #expect(try ShardAssignment.fromEnvironment(index, count: 4).assignment == ShardAssignment("2/4"))
    for environment in [["PMI_RANK": "1", "PMI_SIZE": "3"], [:], ["JOB_COMPLETION_INDEX": "4"]] {
      #expect(throws: TesseraError.self) { try ShardAssignment.fromEnvironment(environment, count: 4) }
    }
  }

  @Test("one launcher can be asked alone, and must have spoken")
  func only() throws {
    let both = ["PMI_RANK": "1", "PMI_SIZE": "4", "RANK": "0", "WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "x"]
    #expect(throws: TesseraError.self) { try ShardAssignment.fromEnvironment(both) }
    let torchrun = try ShardAssignment.fromEnvironment(both, launcher: .torchrun)
    #expect(torchrun.description == "shard 0 of 2 (torchrun)")
    let error = #expect(throws: TesseraError.self) {
      try ShardAssignment.fromEnvironment(both, launcher: .slurm)
    }
    #expect(error?.description.contains("SLURM_PROCID") == true)
  }

  @Test("processes on one machine share its cores, unless the launcher has bound them to some")
  func threads() throws {
    let mpi = [
      "OMPI_COMM_WORLD_RANK": "5", "OMPI_COMM_WORLD_SIZE": "16", "OMPI_COMM_WORLD_LOCAL_SIZE": "4",
    ]
    let found = try ShardAssignment.fromEnvironment(mpi)
    #expect(found.processesHere == 4)
    #expect(found.threads(cores: 32, usable: 32) == 8)
    #expect(found.threads(cores: 32, usable: 16) == 8)
    #expect(found.threads(cores: 32, usable: 1) == 1)
    #expect(found.threads(cores: 2, usable: 2) == 1)
    let torchrun = [
      "RANK": "1", "WORLD_SIZE": "2", "LOCAL_WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "x",
    ]
    #expect(try ShardAssignment.fromEnvironment(torchrun).processesHere == 2)
    let slurm = ["SLURM_PROCID": "1", "SLURM_NTASKS": "2"]
    #expect(try ShardAssignment.fromEnvironment(slurm).threads(cores: 8, usable: 3) == 3)
    // A rank that is not read has no say either.
    let single = [
      "OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "1", "OMPI_COMM_WORLD_LOCAL_SIZE": "1",
    ]
    #expect(try ShardAssignment.fromEnvironment(single).threads(cores: 8, usable: 8) == 8)
  }
}
