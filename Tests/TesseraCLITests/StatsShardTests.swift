import Foundation
import TestSupport
import Tessera
import Testing

@Suite("stats by several processes", .serialized)
struct StatsShardTests {
  static let options = [
    "--with", "random_resized_crop(32)|to_tensor", "--seed", "5", "--channels", "--pixels", "--sample", "150",
  ]

  /// What one process writes and prints.
  static func alone(_ source: TemporaryFolder) throws -> (folder: [String: Data], output: String) {
    let folder = try TemporaryFolder()
    let result = try Command.run(["stats", source.path, "--into", folder.path, "--json"] + options)
    #expect(result.status == 1 && result.errors.contains("not divided (one process)"), "\(result.errors)")
    let plain = try Command.run(["stats", source.path, "--json"] + options)
    let contents = try TemporaryFolder.contents(folder.path)
    #expect(plain.output == result.output && Set(contents.keys) == ["run.json", "stats.json"])
    #expect(Data(result.output.utf8) == contents["stats.json"])
    return (contents, result.output)
  }

  @Test("mpirun -n 3 and a merge give what one process gives, and a rerun does nothing again")
  func mpirun() throws {
    let source = try ShardTests.pictures()
    let expected = try Self.alone(source)
    let folder = try TemporaryFolder()
    func run() throws -> Command.Result {
      try Shell.run(
        #"mpirun -n 3 "$TESSERA" stats "$@""#,
        [source.path, "--into", folder.path] + Self.options, environment: Shell.mpi)
    }
    let first = try run()
    #expect(first.status == 0, "\(first.errors)")
    for index in 0..<3 {
      #expect(first.errors.contains("shard \(index) of 3 (Open MPI)"), "\(first.errors)")
      #expect(first.output.contains("shard \(index) of 3: \([51, 51, 48][index]) samples"), "\(first.output)")
    }
    // A lost process.
    try FileManager.default.removeItem(atPath: folder.path + "/tally.part-00001-of-00003.bin")
    let refused = try Command.run(["merge", folder.path])
    #expect(refused.status == 1 && refused.errors.contains("shard 1/3"), "\(refused.errors)")
    let again = try run()
    #expect(again.status == 0 && again.output.ranges(of: "(done before)").count == 2, "\(again.output)")
    let merge = try Command.run(["merge", folder.path])
    #expect(merge.status == 0 && merge.output.contains("3 parts merged"), "\(merge.errors)")
    #expect(try TemporaryFolder.contents(folder.path) == expected.folder)
    let whole = try Command.run(["merge", folder.path, "--json"])
    #expect(whole.status == 0 && whole.output.contains(#""merged_already":true"#), "\(whole.output)")
    let shown = try Command.run(["stats", source.path, "--into", folder.path, "--json"] + Self.options)
    #expect(shown.output == expected.output && shown.errors.contains("was there already"))
    #expect(try TemporaryFolder.contents(folder.path) == expected.folder)
  }

  @Test(
    "under torchrun, Slurm, a Slurm array and Kubernetes, by their variables; one process finishes the rest",
    arguments: ShardTests.launchers)
  func variables(_ variables: [String: String]) throws {
    let source = try ShardTests.pictures()
    let expected = try Self.alone(source)
    let folder = try TemporaryFolder()
    for index in [0, 2] {
      let run = try Shell.run(
        #"exec "$TESSERA" stats "$@""#, [source.path, "--into", folder.path, "--json"] + Self.options,
        environment: variables.mapValues { $0 == "#" ? "\(index)" : $0 })
      #expect(run.errors.contains("shard \(index) of 3 ("), "\(run.errors)")
      #expect(run.output.contains(#""shard":\#(index),"shards":3"#), "\(run.output)")
    }
    let last = try Command.run(["stats", source.path, "--into", folder.path, "--json"] + Self.options)
    #expect(last.output == expected.output, "\(last.errors)")
    #expect(try TemporaryFolder.contents(folder.path) == expected.folder)
  }

  @Test("the example for MPI, run as it stands, and run again")
  func example() throws {
    let source = try ShardTests.pictures()
    let expected = try Self.alone(source)
    let folder = try TemporaryFolder()
    for round in 0..<2 {
      let run = try Shell.run(
        "exec " + Repository.path("samples/cluster/stats-mpi.sh") + #" "$@""#,
        ["2", source.path, folder.path] + Self.options, environment: Shell.mpi)
      // The report's own status: there are damaged pictures.
      #expect(run.status == 1, "\(run.errors)")
      #expect(run.errors.contains(round == 0 ? "2 parts merged" : "nothing to merge"), "\(run.errors)")
      #expect(run.output.ranges(of: "every picture counts alike").count == 1)
      #expect(run.errors.ranges(of: "is there already").count == (round == 0 ? 0 : 2))
      #expect(try TemporaryFolder.contents(folder.path) == expected.folder)
    }
    // What shows the whole goes to the last command: the report alone is on stdout.
    let shown = try Shell.run(
      "exec " + Repository.path("samples/cluster/stats-mpi.sh") + #" "$@""#,
      ["2", source.path, folder.path, "--json", "-o", "\(folder.path)/sheet.png"] + Self.options,
      environment: Shell.mpi)
    #expect(shown.output == expected.output, "\(shown.errors)")
    #expect(try TemporaryFolder.contents(folder.path)["sheet.png"] != nil)
    let usage = try Shell.run("exec " + Repository.path("samples/cluster/stats-mpi.sh"))
    #expect(usage.status == 64 && usage.errors.contains("PROCESSES SRC FOLDER"))
  }

  @Test("wrong usage, other settings, a source that is gone")
  func refusals() throws {
    let source = try ShardTests.pictures()
    let folder = try TemporaryFolder()
    func run(_ more: String...) throws -> Command.Result {
      try Command.run(["stats", source.path] + more)
    }
    let cases: [([String], String)] = [
      (["--shard", "0/2"], "--into <folder>"), (["--shards", "4"], "--into <folder>"),
      (["--into", folder.path, "--shard", "0/2", "-o", "x.png"], "--output shows the whole"),
      (["--into", folder.path, "--shard", "0/2", "--errors", "x"], "--errors shows the whole"),
      (["--into", folder.path, "--shard", "2/2"], "from 0 to 1"), (["--into", ""], "--into needs a folder"),
    ]
    for (arguments, hint) in cases {
      let result = try Command.run(["stats", source.path] + arguments)
      #expect(result.status == 64 && result.errors.contains(hint), "\(result.errors)")
    }
    #expect(try run("--into", folder.path, "--shard", "0/2", "--headers-only").status == 0)
    let other = try run("--into", folder.path, "--shard", "1/2", "--headers-only", "--seed", "7")
    #expect(other.status == 64 && other.errors.contains("seed: 0 there, 7 now"), "\(other.errors)")
    // The source by another name of the same place.
    let parent = source.path.split(separator: "/").dropLast().joined(separator: "/")
    let name = source.path.split(separator: "/").last ?? ""
    let relative = try Shell.run(
      #"cd "/$1" && exec "$TESSERA" stats "./$2//" --into "$3" --shard 1/2 --headers-only"#,
      [parent, String(name), folder.path])
    #expect(relative.status == 0, "\(relative.errors)")
    // Without --into each process looks at everything, and says so.
    let undivided = try Shell.run(
      #"exec "$TESSERA" stats "$@""#, [source.path, "--headers-only"],
      environment: ["RANK": "0", "WORLD_SIZE": "2"])
    #expect(undivided.errors.contains("--into <folder> shares them out"), "\(undivided.errors)")
    let elsewhere = source.path + "-elsewhere"
    try FileManager.default.moveItem(atPath: source.path, toPath: elsewhere)
    let gone = try Command.run(["merge", folder.path])
    #expect(gone.status == 1 && gone.errors.contains("cannot be opened from here"), "\(gone.errors)")
    try FileManager.default.moveItem(atPath: elsewhere, toPath: source.path)
    let record = try TemporaryFolder.contents(folder.path)["run.json"]
    try folder.write([0xFF], "run.json")
    let damaged = try Command.run(["merge", folder.path])
    #expect(
      damaged.status == 1 && damaged.errors.contains("run.json") && damaged.errors.contains("begin again"),
      "\(damaged.errors)")
    try folder.write([UInt8](try #require(record)), "run.json")
    #expect(try Command.run(["merge", folder.path]).status == 0)
    // Merged once, it needs its source no more.
    try FileManager.default.removeItem(atPath: source.path)
    let again = try Command.run(["merge", folder.path])
    #expect(again.status == 0 && again.output.contains("nothing to merge"), "\(again.errors)")
  }
}
