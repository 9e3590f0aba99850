import Foundation
import TestSupport
import Tessera
import Testing

@Suite("jobs shared by several processes")
struct DividedJobTests {
  typealias Jobs = PreprocessJobTests

  static func job(
    _ source: TemporaryFolder, _ destination: TemporaryFolder, _ format: PreprocessJob.Format,
    pipeline: String = Jobs.random, shard: String
  ) throws -> PreprocessJob {
    var job = try Jobs.job(source, destination, format, pipeline: pipeline)
    job.shard = try ShardAssignment(shard)
    job.shardSize = 4
    return job
  }

  static func whole(
    _ source: TemporaryFolder, _ format: PreprocessJob.Format, pipeline: String = Jobs.random
  ) throws -> [String: Data] {
    let destination = try TemporaryFolder()
    _ = try job(source, destination, format, pipeline: pipeline, shard: "0/1").run()
    return try TemporaryFolder.contents(destination.path)
  }

  /// Runs parts, all at once, each on a thread of its own.
  static func run(_ jobs: [PreprocessJob]) throws {
    let faults = Guarded([any Error]())
    try WorkerThreads.run(jobs.count) { number in
      do { _ = try jobs[number].run() } catch { faults.withLock { $0.append(error) } }
    }
    if let fault = faults.withLock({ $0.first }) { throw fault }
  }

  @Test(
    "any number of processes and a merge make the folder of one, byte for byte, failures in between",
    arguments: Jobs.formats, [1, 2, 3, 5, 11])
  func equalsOne(_ format: (PreprocessJob.Format, String), _ count: Int) throws {
    let source = try Jobs.pictures(damage: true)
    let expected = try Self.whole(source, format.0, pipeline: format.1)
    let destination = try TemporaryFolder()
    try Self.run(
      try (0..<count).map {
        try Self.job(source, destination, format.0, pipeline: format.1, shard: "\($0)/\(count)")
      })
    let first = try MergeJob(destination: destination.path).run()
    #expect(first.done == 27 && first.failed == 3 && first.wasMergedAlready == (count == 1))
    #expect(try TemporaryFolder.contents(destination.path) == expected)
    let again = try MergeJob(destination: destination.path).run()
    #expect(again.wasMergedAlready && again.done == 27 && again.failed == 3)
    #expect(try TemporaryFolder.contents(destination.path) == expected)
  }

  @Test(
    "the parts share the list: every sample once, whole shards, and no part has a block more than another")
  func shares() throws {
    var random = RandomStream(seed: 5)
    for _ in 0..<100 {
      let total = random.integer(in: 0...800)
      let count = random.integer(in: 1...40)
      let size = random.integer(in: 1...300)
      for isSharded in [true, false] {
        let shares = try (0..<count).map { index in
          JobShare(
            try ShardAssignment(index: index, count: count), total: total, shardSize: size,
            isSharded: isSharded)
        }
        let samples = shares.flatMap { $0.blocks.flatMap { Array($0) } }
        #expect(samples.sorted() == Array(0..<total))
        for share in shares {
          #expect(share.blocks.allSatisfy { $0.lowerBound % share.block == 0 && $0.count <= size })
          #expect((0..<total).filter(share.owns) == share.blocks.flatMap { Array($0) })
          #expect(share.count == share.blocks.reduce(0) { $0 + $1.count })
        }
        let counts = shares.map { Array($0.blocks).count }
        #expect(counts.max()! - counts.min()! <= 1)
        if isSharded { #expect(shares.allSatisfy { $0.block == size }) }
      }
    }
  }

  @Test(
    "a part cancelled anywhere and resumed, beside parts that are done, gives the same folder",
    arguments: Jobs.formats)
  func resume(_ format: PreprocessJob.Format, _ pipeline: String) throws {
    let source = try Jobs.pictures(damage: true)
    let expected = try Self.whole(source, format, pipeline: pipeline)
    let destination = try TemporaryFolder()
    for index in [0, 2] {
      _ = try Self.job(source, destination, format, pipeline: pipeline, shard: "\(index)/3").run()
    }
    let others = try TemporaryFolder.contents(destination.path)
    var job = try Self.job(source, destination, format, pipeline: pipeline, shard: "1/3")
    for cut in [2, 3] {
      let control = JobControl()
      let summary = try job.run(control: control) {
        if $0.done + $0.failed - $0.carried == cut { control.cancel() }
      }
      #expect(summary.isInterrupted)
      let refusal = #expect(throws: TesseraError.self) { try MergeJob(destination: destination.path).run() }
      #expect(refusal?.description.contains("shard 1/3 (samples") == true, "\(String(describing: refusal))")
      job.resume = true
    }
    #expect(try !job.run().isInterrupted)
    for (name, data) in others {
      #expect(FileManager.default.contents(atPath: "\(destination.path)/\(name)") == data)
    }
    _ = try MergeJob(destination: destination.path).run()
    #expect(try TemporaryFolder.contents(destination.path) == expected)
  }

  @Test(
    "a resumed part removes its own unfinished files and nobody else's", arguments: ["npy", "safetensors"])
  func unfinished(_ format: String) throws {
    let format = try #require(PreprocessJob.Format(rawValue: format))
    let source = try Jobs.pictures()
    let destination = try TemporaryFolder()
    for index in 0..<3 { _ = try Self.job(source, destination, format, shard: "\(index)/3").run() }
    let names = try destination.lines("manifest.part-00001-of-00003.jsonl")
    let mine = try #require(names.first.flatMap(Self.output))
    let theirs = try #require(
      try destination.lines("manifest.part-00002-of-00003.jsonl").first.flatMap(Self.output))
    let suffix = ".tessera-part"
    let own = [
      mine + suffix, "run.json.part-00001-of-00003.77" + suffix, "errors.part-00001-of-00003.jsonl" + suffix,
    ]
    // A folder of sources may be called like a part.
    let foreign = [
      theirs + suffix, "run.json.part-00002-of-00003.77" + suffix, "part-00001-of-00003/x.npy" + suffix,
      "part-00001-of-00003.png" + suffix,
    ]
    for name in own + foreign { try destination.write([1, 2, 3], name) }
    if format == .safetensors {
      try destination.write([1], mine + ".rows" + suffix)
    }
    var job = try Self.job(source, destination, format, shard: "1/3")
    job.resume = true
    _ = try job.run()
    let left = try TemporaryFolder.contents(destination.path).keys.filter { $0.hasSuffix(suffix) }
    #expect(Set(left) == Set(foreign))
  }

  @Test(
    "a merge refuses a shard that no part made"
  )
  func strangers() throws {
    let (source, destination) = (try Jobs.pictures(), try TemporaryFolder())
    for index in 0..<3 { _ = try Self.job(source, destination, .safetensors, shard: "\(index)/3").run() }
    let stranger = "\(destination.path)/shard-00099.safetensors"
    try FileManager.default.copyItem(
      atPath: "\(destination.path)/shard-00000.safetensors", toPath: stranger)
    let refusal = #expect(throws: TesseraError.self) { try MergeJob(destination: destination.path).run() }
    #expect(
      refusal?.description.contains("shard-00099.safetensors that none of them made") == true,
      "\(refusal as Any)")
    try FileManager.default.removeItem(atPath: stranger)
    _ = try MergeJob(destination: destination.path).run()
  }

  /// The file that a line of a manifest names.
  static func output(_ line: String) -> String? {
    let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
    return (object?["output"] ?? object?["shard"]) as? String
  }

  @Test(
    "to resume finished parts is to retry what failed, before a merge and after", arguments: [false, true])
  func retry(_ isMerged: Bool) throws {
    for format in [PreprocessJob.Format.npy, .safetensors] {
      let source = try Jobs.pictures(damage: true)
      let destination = try TemporaryFolder()
      for index in 0..<3 { _ = try Self.job(source, destination, format, shard: "\(index)/3").run() }
      if isMerged { _ = try MergeJob(destination: destination.path).run() }
      let mended = try Jobs.pictures()
      for (name, data) in try TemporaryFolder.contents(mended.path) {
        try source.write([UInt8](data), name)
      }
      for index in 0..<3 {
        var job = try Self.job(source, destination, format, shard: "\(index)/3")
        let refusal = #expect(throws: TesseraError.self) { try job.run() }
        #expect(refusal?.description.contains("--resume") == true)
        job.resume = true
        let summary = try job.run()
        // All three damaged samples lie in shards of the first part.
        #expect(summary.failed == 0 && (summary.carried > 0 || (format == .safetensors && index == 0)))
      }
      #expect(try MergeJob(destination: destination.path).run().done == 30)
      #expect(try TemporaryFolder.contents(destination.path) == Self.whole(source, format))
    }
  }

  @Test("one process can finish what several began", arguments: [PreprocessJob.Format.npy, .safetensors])
  func takeOver(_ format: PreprocessJob.Format) throws {
    let source = try Jobs.pictures()
    let destination = try TemporaryFolder()
    _ = try Self.job(source, destination, format, shard: "0/3").run()
    let control = JobControl()
    _ = try Self.job(source, destination, format, shard: "2/3").run(control: control) {
      if $0.done == 5 { control.cancel() }
    }
    var job = try Self.job(source, destination, format, shard: "0/1")
    #expect(throws: TesseraError.self) { try job.run() }
    job.resume = true
    let summary = try job.run()
    #expect(summary.done == 30 && summary.carried >= 14)
    #expect(try TemporaryFolder.contents(destination.path) == Self.whole(source, format))
  }

  @Test("a shard of which nothing can be read is empty and of the common shape, whoever writes it")
  func emptyShards() throws {
    let source = try Jobs.pictures()
    let list = try PictureFiles(source: source.path)
    for sample in 4..<8 { try source.write("no picture", list[sample].name) }
    let expected = try Self.whole(source, .safetensors)
    let destination = try TemporaryFolder()
    // Eight shards for eight processes: the second has unreadable pictures only.
    try Self.run(try (0..<8).map { try Self.job(source, destination, .safetensors, shard: "\($0)/8") })
    _ = try MergeJob(destination: destination.path).run()
    #expect(try TemporaryFolder.contents(destination.path) == expected)
    let shard = try SafetensorsFile(destination.path + "/shard-00001.safetensors")
    #expect(shard.header["images"]?.shape == [0, 3, 24, 24])
  }

  @Test("a list without a single readable picture merges to an empty manifest")
  func nothingReadable() throws {
    let source = try TemporaryFolder()
    for i in 0..<10 { try source.write("no picture", "\(i).png") }
    let expected = try Self.whole(source, .safetensors)
    let destination = try TemporaryFolder()
    try Self.run(try (0..<2).map { try Self.job(source, destination, .safetensors, shard: "\($0)/2") })
    #expect(try MergeJob(destination: destination.path).run().failed == 10)
    #expect(try TemporaryFolder.contents(destination.path) == expected)
  }

  @Test("a process that sees another list of pictures is refused, and changes nothing")
  func otherList() throws {
    let source = try Jobs.pictures()
    let destination = try TemporaryFolder()
    _ = try Self.job(source, destination, .npy, shard: "0/2").run()
    let before = try TemporaryFolder.contents(destination.path)
    try source.write(try PNGEncoder().encode(Pictures.noise(Size(30), .rgb, seed: 1)), "cat/new.png")
    let error = #expect(throws: TesseraError.self) {
      try Self.job(source, destination, .npy, shard: "1/2").run()
    }
    #expect(error?.description.contains("30 pictures") == true)
    #expect(error?.description.contains("31 pictures") == true)
    #expect(try TemporaryFolder.contents(destination.path) == before)
  }

  @Test("processes that list the source while another makes the destination in it see the same pictures")
  func nested() throws {
    let source = try Jobs.pictures()
    let jobs = try (0..<4).map { index in
      var job = try Self.job(source, source, .png, pipeline: "resize(8)", shard: "\(index)/4")
      job.destination = source.path + "/out"
      return job
    }
    try Self.run(jobs)
    #expect(try MergeJob(destination: source.path + "/out").run().done == 30)
  }
}
