import Foundation
import TestSupport
import Tessera
import Testing

@Suite("several processes", .serialized)
struct ShardTests {
  static let pipeline = "random_resized_crop(96)|random_horizontal_flip|to_tensor|normalize(imagenet)"

  /// The samples, many times over, and some damaged files among them.
  static func pictures() throws -> TemporaryFolder {
    let folder = try KillTests.manyPictures()
    let jpeg = try Repository.bytes("samples/photos/animals/cat.jpg")
    for (number, name) in ["animals/1-cut.jpg", "food/0-cut.jpg", "space/9-cut.jpg"].enumerated() {
      try folder.write(Array(jpeg.prefix(300 + 2000 * number)), name)
    }
    return folder
  }

  static func options(_ format: String) -> [String] {
    ["--with", pipeline, "--format", format, "--seed", "11", "--shard-size", "25", "--on-error", "skip"]
  }

  /// What one process makes.
  static func whole(_ source: TemporaryFolder, _ format: String) throws -> [String: Data] {
    let destination = try TemporaryFolder()
    let result = try Command.run(["preprocess", source.path, destination.path] + options(format))
    #expect(result.status == 1 && result.errors.contains("not divided (one process)"), "\(result.errors)")
    return try TemporaryFolder.contents(destination.path)
  }

  static func expectMerge(_ destination: TemporaryFolder, _ expected: [String: Data]) throws {
    let merge = try Command.run(["merge", destination.path])
    #expect(merge.status == 0, "\(merge.errors)")
    let merged = try TemporaryFolder.contents(destination.path)
    #expect(Set(merged.keys) == Set(expected.keys))
    #expect(merged == expected)
    let again = try Command.run(["merge", destination.path])
    #expect(again.status == 0 && again.output.contains("whole already"), "\(again.output)")
    #expect(try TemporaryFolder.contents(destination.path) == expected)
  }

  @Test("mpirun -n 3 and a merge give what one process gives", arguments: ["npy", "safetensors"])
  func mpirun(_ format: String) throws {
    let source = try Self.pictures()
    let expected = try Self.whole(source, format)
    let destination = try TemporaryFolder()
    // mpirun ends all when one exits with 1, and damaged pictures make 1.
    let run = try Shell.run(
      #"mpirun -n 3 sh -c '"$@" || [ $? = 1 ]' sh "$TESSERA" preprocess "$@""#,
      [source.path, destination.path] + Self.options(format), environment: Shell.mpi)
    #expect(run.status == 0, "\(run.errors)")
    for index in 0..<3 {
      #expect(run.errors.contains("shard \(index) of 3 (Open MPI)"), "\(run.errors)")
    }
    try Self.expectMerge(destination, expected)
  }

  @Test("the example for MPI, run as it stands, and run again")
  func example() throws {
    let source = try Self.pictures()
    let expected = try Self.whole(source, "safetensors")
    let destination = try TemporaryFolder()
    for _ in 0..<2 {
      let arguments = ["2", source.path, destination.path] + Self.options("safetensors")
      let run = try Shell.run(
        #"exec "$0" "$@""#.replacing("$0", with: Repository.path("samples/cluster/mpi.sh")), arguments,
        environment: Shell.mpi)
      #expect(run.status == 0 && run.output.contains("2 parts merged"), "\(run.errors)")
      #expect(try TemporaryFolder.contents(destination.path) == expected)
    }
    let usage = try Shell.run("exec " + Repository.path("samples/cluster/mpi.sh"))
    #expect(usage.status == 64 && usage.errors.contains("PROCESSES SRC DST"))
  }

  @Test("the example for Slurm, by its variables")
  func slurmExample() throws {
    let source = try Self.pictures()
    let expected = try Self.whole(source, "safetensors")
    let destination = try TemporaryFolder()
    for index in 0..<4 {
      let run = try Shell.run(
        "exec " + Repository.path("samples/cluster/slurm-array.sbatch") + #" "$@""#,
        [source.path, destination.path] + Self.options("safetensors"),
        environment: [
          "SLURM_JOB_ID": "7", "SLURM_CPUS_PER_TASK": "2", "SLURM_ARRAY_TASK_ID": "\(index)",
          "SLURM_ARRAY_TASK_COUNT": "4", "SLURM_ARRAY_TASK_MIN": "0", "SLURM_ARRAY_TASK_MAX": "3",
        ])
      #expect(run.status == 0 && run.errors.contains("shard \(index) of 4 (Slurm array)"), "\(run.errors)")
    }
    try Self.expectMerge(destination, expected)
  }

  @Test("the example for Kubernetes: its own command, its own number of pods")
  func kubernetesExample() throws {
    let yaml = String(decoding: try Repository.bytes("samples/cluster/kubernetes-job.yaml"), as: UTF8.self)
    let count = try #require(yaml.firstMatch(of: /completions: ([0-9]+)/).flatMap { Int($0.1) })
    #expect(yaml.contains("value: \"\(count)\""))
    let folded = try #require(yaml.firstMatch(of: /(?s)- >-\n(.*?)\n          resources:/)).1
    let script = folded.split(separator: "\n").map { $0.drop { $0 == " " } }.joined(separator: " ")
    let photos = Repository.path("samples/photos")
    let (destination, alone) = (try TemporaryFolder(), try TemporaryFolder())
    func run(_ folder: TemporaryFolder, _ environment: [String: String]) throws -> Command.Result {
      let command = script.replacing("/data/photos", with: photos).replacing("/data/out", with: folder.path)
      return try Shell.run(#"PATH="$(dirname "$TESSERA"):$PATH"; "# + command, environment: environment)
    }
    #expect(try run(alone, [:]).status == 0)
    for index in 0..<count {
      let pod = ["JOB_COMPLETION_INDEX": "\(index)", "TESSERA_SHARDS": "\(count)"]
      let result = try run(destination, pod)
      #expect(result.status == 0 && result.errors.contains("shard \(index) of \(count) (Kubernetes)"))
    }
    try Self.expectMerge(destination, try TemporaryFolder.contents(alone.path))
  }

  static let launchers: [[String: String]] = [
    ["RANK": "#", "WORLD_SIZE": "3", "TORCHELASTIC_RUN_ID": "none"],
    ["SLURM_PROCID": "#", "SLURM_NTASKS": "3", "SLURM_JOB_ID": "8", "SLURM_STEP_ID": "0"],
    ["SLURM_ARRAY_TASK_ID": "#", "SLURM_ARRAY_TASK_COUNT": "3", "SLURM_ARRAY_TASK_MIN": "0"],
    ["JOB_COMPLETION_INDEX": "#", "TESSERA_SHARDS": "3"],
  ]

  @Test("under torchrun, Slurm, a Slurm array and Kubernetes, by their variables", arguments: launchers)
  func variables(_ variables: [String: String]) throws {
    let source = try Self.pictures()
    let expected = try Self.whole(source, "safetensors")
    let destination = try TemporaryFolder()
    let processes = try (0..<3).map { index in
      try Shell(
        #"exec "$TESSERA" preprocess "$@""#, [source.path, destination.path] + Self.options("safetensors"),
        environment: variables.mapValues { $0 == "#" ? "\(index)" : $0 })
    }
    for (index, process) in processes.enumerated() {
      let result = try process.finish()
      #expect(result.errors.contains("shard \(index) of 3 ("), "\(result.errors)")
    }
    try Self.expectMerge(destination, expected)
  }

  @Test("--shard none, a number by hand, and one launcher of two")
  func options() throws {
    let source = try Self.pictures()
    let expected = try Self.whole(source, "safetensors")
    let both = ["RANK": "1", "WORLD_SIZE": "3", "PMI_RANK": "0", "PMI_SIZE": "2"]
    let script = #""$TESSERA" preprocess "$@""#
    func run(_ destination: TemporaryFolder, _ more: [String]) throws -> Command.Result {
      try Shell.run(
        script, [source.path, destination.path] + Self.options("safetensors") + more, environment: both)
    }
    let alone = try TemporaryFolder()
    #expect(try run(alone, ["--shard", "none"]).errors.contains("not divided (--shard none)"))
    #expect(try TemporaryFolder.contents(alone.path) == expected)

    let divided = try TemporaryFolder()
    let refused = try run(divided, [])
    #expect(
      refused.status == 64 && refused.errors.contains("WORLD_SIZE=3") && refused.errors.contains("PMI_SIZE=2")
    )
    #expect(try TemporaryFolder.contents(divided.path).isEmpty)
    #expect(try run(divided, ["--shard", "torchrun"]).errors.contains("shard 1 of 3 (torchrun)"))
    let json = try run(divided, ["--shard", "0/3", "--json"])
    #expect(json.output.contains(#""shard":0,"shards":3"#) && json.errors.contains("shard 0 of 3 (--shard)"))
    let early = try Command.run(["merge", divided.path])
    #expect(early.status == 1 && early.errors.contains("shard 2/3"))
    #expect(try run(divided, ["--shard", "2/3"]).status <= 1)
    try Self.expectMerge(divided, expected)
  }

  @Test(
    "wrong shards exit with 64 and say what is allowed",
    arguments: [
      (["--shard", "4/4"], "from 0 to 3"), (["--shard", "two"], "auto, none, openmpi"),
      (["--shard", "slurm"], "SLURM_PROCID"), (["--shards", "4"], "no launcher"),
      (["--shards", "0"], "--shards must be"), (["--shard", "0/4", "--shards", "4"], "--shards is for"),
    ])
  func usage(_ options: [String], _ hint: String) throws {
    let result = try Command.run(["preprocess", "a", "b", "--with", "resize(3)"] + options)
    #expect(result.status == 64 && result.errors.contains(hint), "\(result.errors)")
  }

  @Test(
    "kill -9 of one process at any moment: the others finish, the merge names it, a rerun of it alone mends all",
    arguments: ["npy", "safetensors"], [0.1, 0.4, 0.7])
  func killed(_ format: String, _ moment: Double) throws {
    let source = try Self.pictures()
    let started = Date()
    let expected = try Self.whole(source, format)
    let seconds = Date().timeIntervalSince(started)
    let destination = try TemporaryFolder()
    func arguments(_ index: Int) -> [String] {
      [source.path, destination.path] + Self.options(format) + ["--shard", "\(index)/3", "--threads", "1"]
    }
    let script = #"exec "$TESSERA" preprocess "$@""#
    let others = try [0, 2].map { try Shell(script, arguments($0)) }
    let isKilled = try Command.interrupt(
      ["preprocess"] + arguments(1), after: moment * seconds, with: SIGKILL)
    for other in others { #expect(try other.finish().status <= 1) }
    if isKilled {
      let early = try Command.run(["merge", destination.path])
      // Killed between its last byte and its end: then nothing is missing.
      if early.status == 0 { return #expect(try TemporaryFolder.contents(destination.path) == expected) }
      #expect(early.status == 1 && early.errors.contains("shard 1/3"), "\(early.errors)")
    }
    let again = try Shell.run(script, arguments(1) + ["--resume"])
    #expect(again.errors.contains("shard 1 of 3"))
    try Self.expectMerge(destination, expected)
  }

  @Test("kill -9 of one rank under mpirun, which ends all: the same line with --resume mends all")
  func killedRank() throws {
    let source = try Self.pictures()
    let expected = try Self.whole(source, "safetensors")
    let destination = try TemporaryFolder()
    let arguments = [source.path, destination.path] + Self.options("safetensors")
    let first = try Shell.run(
      #"""
      mpirun -n 3 bash -c '
        [ "$OMPI_COMM_WORLD_RANK" = 1 ] || exec "$@"
        "$@" & until [ -s "$JOURNAL" ]; do sleep 0.01; done; kill -9 $!; wait $!
      ' bash "$TESSERA" preprocess "$@" --threads 1
      """#, arguments,
      environment: Shell.mpi.merging(["JOURNAL": destination.path + "/journal.part-00001-of-00003.jsonl"]) {
        $1
      })
    #expect(first.status != 0)
    let early = try Command.run(["merge", destination.path])
    #expect(early.status == 1 && early.errors.contains("unfinished"), "\(early.errors)")
    let second = try Shell.run(
      #"mpirun -n 3 sh -c '"$@" || [ $? = 1 ]' sh "$TESSERA" preprocess "$@" --resume"#, arguments,
      environment: Shell.mpi)
    #expect(second.status == 0, "\(second.errors)")
    try Self.expectMerge(destination, expected)
  }

  @Test("pack, both formats, under mpirun and merged", arguments: ["webdataset", "safetensors"])
  func pack(_ format: String) throws {
    let source = try KillTests.manyPictures()
    let pipeline = format == "safetensors" ? ["--with", Self.pipeline, "--seed", "11"] : []
    let options = ["--format", format, "--shard-size", "30"] + pipeline
    let (alone, destination) = (try TemporaryFolder(), try TemporaryFolder())
    let one = try Command.run(["pack", source.path, alone.path] + options)
    #expect(one.status == 0, "\(one.errors)")
    let run = try Shell.run(
      #"mpirun -n 3 "$TESSERA" pack "$@""#, [source.path, destination.path] + options, environment: Shell.mpi)
    #expect(run.status == 0 && run.errors.contains("shard 2 of 3 (Open MPI)"), "\(run.errors)")
    try Self.expectMerge(destination, try TemporaryFolder.contents(alone.path))
  }
}
