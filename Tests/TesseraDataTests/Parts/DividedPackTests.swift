import Foundation
import TestSupport
import Tessera
import Testing

@Suite("packs shared by several processes")
struct DividedPackTests {
  typealias Packs = PackJobTests

  static func job(_ source: TemporaryFolder, _ destination: TemporaryFolder, _ shard: String) throws
    -> PackJob
  {
    var job = try Packs.job(source, destination)
    job.shardSize = 4
    job.rewritesProgressive = true
    job.shard = try ShardAssignment(shard)
    return job
  }

  static func whole(_ source: TemporaryFolder) throws -> [String: Data] {
    let destination = try TemporaryFolder()
    _ = try job(source, destination, "0/1").run()
    return try TemporaryFolder.contents(destination.path)
  }

  @Test(
    "any number of processes and a merge make the folder of one, byte for byte", arguments: [1, 2, 3, 5, 11])
  func equalsOne(_ count: Int) throws {
    let source = try Packs.pictures(damage: true)
    let expected = try Self.whole(source)
    let destination = try TemporaryFolder()
    let jobs = try (0..<count).map { try Self.job(source, destination, "\($0)/\(count)") }
    let faults = Guarded([any Error]())
    try WorkerThreads.run(count) { number in
      do { _ = try jobs[number].run() } catch { faults.withLock { $0.append(error) } }
    }
    #expect(faults.withLock { $0.isEmpty }, "\(faults.withLock { $0 })")
    let summary = try MergeJob(destination: destination.path).run()
    #expect(summary.done == 27 && summary.failed == 3)
    #expect(expected["shards.jsonl"] != nil)
    #expect(try TemporaryFolder.contents(destination.path) == expected)
    #expect(try MergeJob(destination: destination.path).run().wasMergedAlready)
  }

  @Test("a part that was cancelled, or lost, is done again beside the others; then all retry what failed")
  func resume() throws {
    let source = try Packs.pictures(damage: true)
    let expected = try Self.whole(source)
    let destination = try TemporaryFolder()
    for index in [0, 2] { _ = try Self.job(source, destination, "\(index)/3").run() }
    var job = try Self.job(source, destination, "1/3")
    job.threads = 1
    let control = JobControl()
    // Some samples are at hand already when the fourth is done, but not all ten.
    let cut = try job.run(control: control) { if $0.done + $0.failed == 4 { control.cancel() } }
    #expect(cut.job.isInterrupted && cut.job.total == 10)
    let refusal = #expect(throws: TesseraError.self) { try MergeJob(destination: destination.path).run() }
    #expect(refusal?.description.contains("shard 1/3 (samples 4...7, 16...19") == true)
    #expect(throws: TesseraError.self) { try job.run() }
    try destination.write([1], "shard-000001.tar.tessera-part")
    try destination.write([1], "shard-000002.tar.tessera-part")
    job.resume = true
    let second = try job.run()
    #expect(second.job.carried >= 4 && second.shards == 3)
    // Its own unfinished tar is gone, another's is not.
    let left = try TemporaryFolder.contents(destination.path).keys.filter { $0.hasSuffix("tessera-part") }
    #expect(left == ["shard-000002.tar.tessera-part"])
    try FileManager.default.removeItem(atPath: destination.path + "/" + left[0])
    _ = try MergeJob(destination: destination.path).run()
    #expect(try TemporaryFolder.contents(destination.path) == expected)

    let mended = try Packs.pictures()
    for (name, data) in try TemporaryFolder.contents(mended.path) { try source.write([UInt8](data), name) }
    for index in 0..<3 {
      var job = try Self.job(source, destination, "\(index)/3")
      job.resume = true
      #expect(try job.run().job.failed == 0)
    }
    #expect(try MergeJob(destination: destination.path).run().done == 30)
    #expect(try TemporaryFolder.contents(destination.path) == Self.whole(source))
  }

  @Test("one process can finish what several began; a merge refuses a short tar and an edited list of shards")
  func takeOver() throws {
    let source = try Packs.pictures()
    let destination = try TemporaryFolder()
    for index in [0, 1] { _ = try Self.job(source, destination, "\(index)/2").run() }
    let tar = try Data(contentsOf: URL(filePath: destination.path + "/shard-000003.tar"))
    try destination.write([UInt8](tar.dropLast(512)), "shard-000003.tar")
    let short = #expect(throws: TesseraError.self) { try MergeJob(destination: destination.path).run() }
    #expect(short?.description.contains("shard-000003.tar of shard 1/2 with") == true)
    try destination.write([UInt8](tar), "shard-000003.tar")
    let list = try Data(contentsOf: URL(filePath: destination.path + "/shards.part-00001-of-00002.jsonl"))
    try destination.write([UInt8](list.dropLast(9)), "shards.part-00001-of-00002.jsonl")
    let edited = #expect(throws: TesseraError.self) { try MergeJob(destination: destination.path).run() }
    #expect(edited?.description.contains("shards.part-00001-of-00002.jsonl") == true)
    try destination.write([UInt8](list), "shards.part-00001-of-00002.jsonl")
    try FileManager.default.removeItem(atPath: destination.path + "/run.part-00001-of-00002.json")

    var job = try Self.job(source, destination, "0/1")
    job.resume = true
    #expect(try job.run().job.carried == 30)
    #expect(try TemporaryFolder.contents(destination.path) == Self.whole(source))
  }
}
