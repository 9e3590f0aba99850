import Foundation
import TestSupport
import TesseraTracking
import Testing

@Suite("tessera-vlm run on a full disk", .serialized)
struct FullDiskRunTests {
  /// What a run writes: a checkpoint of some 100 KB and twice that for its moments, a model of 1 MB.
  static let recipe = """
    name: full
    seed: 2
    prepare: [{make: shapes, folder: data, train: 40, validation: 4, heldout: 4}]
    model: {directory: \(Repository.path("samples/vlm/shapes/model"))}
    stages:
      - stage: sft
        name: adapter
        data: [data/train/questions.jsonl]
        lora: {rank: 4, alpha: 8}
        train: {projector: true}
        steps: 12
        batch: {samples: 4}
        log_every: 1
        checkpoint_every: 2

    """
  static let results = [
    "adapter/checkpoints/step-0000012/weights.safetensors",
    "adapter/checkpoints/step-0000012/moments.safetensors",
    "adapter/adapter/adapter_model.safetensors", "adapter/model/model.safetensors",
  ]

  /// A file system in memory, as only root can make.
  static let canMount: Bool = {
    let script = #"d=$(mktemp -d) && mount -t tmpfs -o size=64k tmpfs "$d" && umount "$d" && rmdir "$d""#
    return (try? Shell.run(script).status == 0) ?? false
  }()

  /// A run, with a limit on the size of its files in kilobytes.
  private func run(_ folder: TemporaryFolder, _ output: String, limit: Int? = nil, _ more: [String] = [])
    throws
    -> Command.Result
  {
    try folder.write(Self.recipe, "recipe.yaml")
    return try Shell.run(
      #"ulimit -f "$1"; shift; exec env --default-signal=XFSZ "$@""#,
      [
        limit.map(String.init) ?? "unlimited", try Command.path(of: "tessera-vlm"), "run",
        "\(folder.path)/recipe.yaml", "-o", output, "--threads", "1",
      ] + more)
  }

  private func expectEqual(_ folder: TemporaryFolder, _ output: String) throws {
    for path in Self.results {
      let (got, wanted) = (
        try Data(contentsOf: URL(filePath: "\(output)/\(path)")),
        try Data(contentsOf: URL(filePath: "\(folder.path)/whole/\(path)"))
      )
      #expect(got == wanted, "\(path)")
    }
    #expect(
      try RunLog.deterministicBytes(of: "\(output)/adapter/log.jsonl")
        == RunLog.deterministicBytes(of: "\(folder.path)/whole/adapter/log.jsonl"))
    let left = try TemporaryFolder.contents(output).keys.filter { $0.contains("tessera-part") }
    #expect(left.isEmpty, "\(left)")
  }

  @Test(
    "a checkpoint, a log line or a model that finds no room is an error with file and cure; the run goes on to the same bytes",
    arguments: [
      // A limit in kilobytes, checkpoints every so many steps, and the file that passes the limit first.
      (220, 2, "step-0000006.tessera-part/moments.safetensors"), (5, 100, "adapter/log.jsonl"),
      (700, 2, "adapter/model.tessera-part/model.safetensors"),
    ])
  func limited(_ limit: Int, _ every: Int, _ file: String) throws {
    let folder = try TemporaryFolder()
    let whole = try run(folder, "\(folder.path)/whole")
    #expect(whole.status == 0, "\(whole.errors)")
    let output = "\(folder.path)/parts"
    let options = ["--set", "stages[0].checkpoint_every=\(every)"]
    let begun = try run(folder, output, options + ["--max-steps", "4"])
    #expect(begun.status == 0, "\(begun.errors)")
    let checkpoint = "\(output)/adapter/checkpoints/step-0000004"
    let before = try TemporaryFolder.contents(checkpoint)
    #expect(before.count == 3)
    let full = try run(folder, output, limit: limit, options)
    #expect(full.status == 1 && full.errors.contains("\(file): write: File too large"), "\(full.errors)")
    #expect(full.errors.contains("lift the limit on the size of files and give the same command again"))
    let isAtTheEnd = file.contains("model.safetensors")
    #expect(
      full.errors.contains("it goes on after step \(isAtTheEnd ? 12 : 4) of adapter"), "\(full.errors)")
    if !isAtTheEnd { #expect(try TemporaryFolder.contents(checkpoint) == before) }
    #expect(!FileManager.default.fileExists(atPath: "\(output)/adapter/model"))
    let end = try run(folder, output, options)
    #expect(end.status == 0 && end.errors.contains("goes on after step"), "\(end.errors)")
    try expectEqual(folder, output)
  }

  @Test(
    "on a disk that is full it says so, twice; with room it ends with the bytes of a run that had it all along",
    .enabled(if: canMount), arguments: [150, 700, 1000, 1400, 2200])
  func full(_ kilobytes: Int) throws {
    let folder = try TemporaryFolder()
    let whole = try run(folder, "\(folder.path)/whole")
    #expect(whole.status == 0, "\(whole.errors)")
    let mount = try TemporaryFolder()
    #expect(
      try Shell.run(#"mount -t tmpfs -o size="$1"k tmpfs "$2""#, ["\(kilobytes)", mount.path]).status == 0)
    defer {
      do { _ = try Shell.run(#"umount "$1""#, [mount.path]) } catch { Issue.record("\(error)") }
    }
    let output = "\(mount.path)/out"
    for _ in 0..<2 {
      let full = try run(folder, output)
      #expect(full.status == 1 && full.errors.contains("No space left on device"), "\(full.errors)")
      #expect(full.errors.contains("make room there and give the same command again"), "\(full.errors)")
      #expect(!FileManager.default.fileExists(atPath: "\(output)/adapter/model"))
    }
    #expect(try Shell.run(#"mount -o remount,size=300m "$1""#, [mount.path]).status == 0)
    let end = try run(folder, output)
    #expect(end.status == 0, "\(end.errors)")
    try expectEqual(folder, output)
  }
}
