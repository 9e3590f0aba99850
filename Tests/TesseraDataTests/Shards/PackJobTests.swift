import Foundation
import TestSupport
import Tessera
import Testing

@Suite("packing into tar shards") struct PackJobTests {
  /// Thirty pictures in three classes; every seventh a progressive JPEG; with `damage`, every tenth is no picture.
  static func pictures(damage: Bool = false) throws -> TemporaryFolder {
    let folder = try TemporaryFolder()
    for i in 0..<30 {
      let image = Pictures.ramps(
        Size(width: 40 + i % 7, height: 33 + i % 5), i % 4 == 0 ? .gray : .rgb, seed: UInt64(i))
      var bytes =
        i % 2 == 0
        ? try PNGEncoder().encode(image) : try JPEGEncoder(quality: 80, progressive: i % 7 == 0).encode(image)
      if damage && i % 10 == 3 { bytes = Array("no picture".utf8) }
      try folder.write(
        bytes, "\(["cat", "dog", "eel"][i % 3])/\(i / 10)\(i).v2.\(i % 2 == 0 ? "png" : "jpeg")")
    }
    return folder
  }

  static func job(_ source: TemporaryFolder, _ destination: TemporaryFolder, threads: Int = 2) throws
    -> PackJob
  {
    var job = PackJob(try PackSource.open(source.path), destination: destination.path)
    job.shardSize = 8
    job.threads = threads
    job.errorPolicy = .skip
    return job
  }

  static func shards(_ folder: TemporaryFolder) -> String { folder.path + "/shard-{000000..000003}.tar" }

  @Test("keeps the bytes exactly, with labels and classes, each source in its shard") func bytes() throws {
    let (source, destination) = (try Self.pictures(), try TemporaryFolder())
    let summary = try Self.job(source, destination).run()
    #expect(summary.job.done == 30 && summary.job.failed == 0 && summary.shards == 4)
    let list = try PictureFiles(source: source.path)
    let data = try WebDataset(Self.shards(destination))
    #expect(data.shards.map(\.count) == [8, 8, 8, 6] && data.faults.isEmpty)
    #expect(data.classes == ["cat", "dog", "eel"])
    for i in 0..<30 {
      let sample = try data[i]
      #expect(try sample.pictures[0].encodedBytes() == FileIO.read(list[i].path))
      #expect(sample.label == list[i].label)
      // The key is the name without its extension; dots would end it.
      let stem = list[i].name.split(separator: ".")[0]
      #expect(data.key(of: i) == stem + "_v2")
      #expect(data.members(of: i).map(\.suffix) == ["cls", list[i].name.hasSuffix("png") ? "png" : "jpeg"])
    }
    let manifest = try destination.lines("manifest.jsonl")
    #expect(manifest.count == 30 && manifest[9].contains(#""shard":"shard-000001.tar","index":1"#))
    #expect(try destination.lines("errors.jsonl").isEmpty)
  }

  @Test("the number of threads never changes a byte", arguments: [false, true]) func threads(_ baseline: Bool)
    throws
  {
    let source = try Self.pictures(damage: true)
    let results = try [1, 2, 3, 8].map { threads -> [String: Data] in
      let destination = try TemporaryFolder()
      var job = try Self.job(source, destination, threads: threads)
      job.rewritesProgressive = baseline
      let summary = try job.run()
      #expect(summary.job.done == 27 && summary.job.failed == 3)
      #expect(summary.rewritten == (baseline ? 2 : 0) && summary.keptProgressive == 0)
      return try TemporaryFolder.contents(destination.path)
    }
    for result in results.dropFirst() { #expect(result == results[0]) }
  }

  @Test("a failed source leaves a hole, and nothing slides") func holes() throws {
    let (source, destination) = (try Self.pictures(damage: true), try TemporaryFolder())
    _ = try Self.job(source, destination).run()
    let errors = try destination.lines("errors.jsonl")
    let failed = Set(try errors.map { try PreprocessJobTests.field($0, "sample") })
    #expect(failed.count == 3 && errors.allSatisfy { $0.contains("not a known picture format") })
    let list = try PictureFiles(source: source.path)
    let data = try WebDataset(Self.shards(destination))
    var place = 0
    for shard in 0..<4 {
      let kept = (shard * 8..<min(shard * 8 + 8, 30)).filter { !failed.contains($0) }
      #expect(data.shards[shard].count == kept.count)
      for sample in kept {
        #expect(try data[place].pictures[0].encodedBytes() == FileIO.read(list[sample].path))
        place += 1
      }
    }
  }

  @Test(
    "a run cancelled anywhere and resumed equals one without a break; a finished one retries its failures")
  func resume() throws {
    let source = try Self.pictures(damage: true)
    let whole = try TemporaryFolder()
    _ = try Self.job(source, whole).run()
    let expected = try TemporaryFolder.contents(whole.path)
    for cut in [1, 8, 17, 29] {
      let destination = try TemporaryFolder()
      var job = try Self.job(source, destination)
      let control = JobControl()
      let first = try job.run(control: control) { if $0.done + $0.failed == cut { control.cancel() } }
      #expect(first.job.isInterrupted == (first.shards < 4))
      #expect(
        !FileManager.default.fileExists(atPath: destination.path + "/manifest.jsonl")
          == first.job.isInterrupted)
      // What a kill leaves: a torn line and half a file.
      if first.job.isInterrupted {
        let journal = destination.path + "/journal.jsonl"
        let bytes = try Data(contentsOf: URL(filePath: journal)) + Data(#"{"sample":2"#.utf8)
        try bytes.write(to: URL(filePath: journal))
        try destination.write([1, 2], "shard-000003.tar.tessera-part")
      }
      job.resume = true
      job.threads = 3
      let second = try job.run()
      #expect(
        !second.job.isInterrupted && (!first.job.isInterrupted || second.job.carried == first.shards * 8))
      #expect(try TemporaryFolder.contents(destination.path) == expected)
    }
    // Mended, the finished run takes up what failed.
    let mended = try Self.pictures()
    for (name, data) in try TemporaryFolder.contents(mended.path) { try source.write([UInt8](data), name) }
    var job = try Self.job(source, whole)
    job.resume = true
    let summary = try job.run()
    // The one shard without a failure is not touched.
    #expect(summary.job.done == 30 && summary.job.failed == 0 && summary.job.carried == 8)
    let fresh = try TemporaryFolder()
    _ = try Self.job(source, fresh).run()
    let remade = try TemporaryFolder.contents(fresh.path)
    #expect(try TemporaryFolder.contents(whole.path) == remade)
  }

  @Test("a lost or shortened shard is made again by a resume of a finished run") func lost() throws {
    let (source, destination) = (try Self.pictures(), try TemporaryFolder())
    var job = try Self.job(source, destination)
    _ = try job.run()
    let expected = try TemporaryFolder.contents(destination.path)
    try FileManager.default.removeItem(atPath: destination.path + "/shard-000001.tar")
    try destination.write([1, 2, 3], "shard-000002.tar")
    job.resume = true
    let summary = try job.run()
    #expect(summary.job.carried == 14)
    #expect(try TemporaryFolder.contents(destination.path) == expected)
  }

  @Test("with the policy stop, the first failure ends the run, whatever the threads", arguments: 1...4)
  func stop(_ threads: Int) throws {
    let (source, destination) = (try Self.pictures(damage: true), try TemporaryFolder())
    var job = try Self.job(source, destination, threads: threads)
    job.errorPolicy = .stop
    let error = #expect(throws: TesseraError.self) { try job.run() }
    let list = try PictureFiles(source: source.path)
    let first = list.files.firstIndex { (try? ImageHeader(path: $0.path)) == nil }
    #expect(error?.index == first && error?.path == first.map { list[$0].name })
    #expect(try destination.lines("errors.jsonl").count == 1)
    let left = try TemporaryFolder.contents(destination.path).keys.filter { $0.contains("part") }
    #expect(left.isEmpty)
    job.errorPolicy = .skip
    job.resume = true
    #expect(try job.run().job.done == 27)
  }

  @Test("verify finds damage that the header does not show") func verify() throws {
    let (source, destination) = (try Self.pictures(), try TemporaryFolder())
    let list = try PictureFiles(source: source.path)
    let path = try #require(list.files.first { $0.name.hasSuffix(".png") }).path
    var bytes = try FileIO.read(path)
    bytes.removeLast(bytes.count / 2)
    try Data(bytes).write(to: URL(filePath: path))
    var job = try Self.job(source, destination)
    #expect(try job.run().job.failed == 0)
    job.destination = try TemporaryFolder().path
    job.verifiesPictures = true
    let summary = try job.run()
    #expect(summary.job.failed == 1 && summary.job.failures[0].stage == "decode")
  }

  @Test("everything that a sample has comes back: pictures in order, text, conversation, tensors")
  func fields() throws {
    let folder = try TemporaryFolder()
    let images = (0..<12).map { Pictures.noise(Size(width: 3, height: $0 + 1), .rgb, seed: UInt64($0)) }
    let data = InMemoryDataset([
      Sample(
        name: "x", pictures: images.map { .image($0) }, label: 7, text: "ünï",
        conversation: [
          .init(.system, "be brief"), .init(.user, "<image>\nwhat?"), .init(.assistant, "\"so\"\n"),
        ],
        tensors: [
          "feat": .float32(Tensor(shape: [2], [1, 2])), "npy": .int64(Tensor(shape: [1], [5])),
        ]),
      Sample(name: "x", text: "the same name"), Sample(name: "", text: "none"),
      Sample(name: "__note__/y", text: "a note's name"), Sample(name: "/abs/../z.tar.gz", text: "a bad name"),
    ])
    var job = PackJob(data, destination: folder.path)
    job.shardSize = 5
    let summary = try job.run()
    #expect(summary.job.done == 5)
    let back = try WebDataset(folder.path + "/shard-000000.tar")
    #expect((0..<5).map { back.key(of: $0) } == ["x", "x~1", "000000002", "000000003", "abs/z_tar"])
    let (a, b) = (try data[0], try back[0])
    #expect(b.label == 7 && b.text == a.text && b.conversation == a.conversation && b.tensors == a.tensors)
    #expect(b.pictures.count == 12)
    for (image, source) in zip(images, b.pictures) {
      #expect(try ImageDecoder().decode(try #require(try source.encodedBytes())) == image)
    }
    // What a tar cannot hold is that sample's failure.
    let bad = InMemoryDataset([
      Sample(text: "a"), Sample(), Sample(text: "b", tensors: ["Up": a.tensors["feat"]!]),
    ])
    var failing = PackJob(bad, destination: folder.path + "/bad")
    failing.errorPolicy = .skip
    #expect(try failing.run().job.failed == 2)
  }

  @Test("tars are packed again member by member, of whatever suffix") func repack() throws {
    let folder = try TemporaryFolder()
    let writer = try TarWriter(folder.path + "/a.tar")
    let picture = try PNGEncoder().encode(Pictures.noise(Size(5), .rgb, seed: 1))
    for i in 0..<7 {
      try writer.writeSample(
        key: "k/\(i)", [("png", picture), ("seg.png", picture), ("mp3", [UInt8(i)]), ("cls", [48])])
    }
    try writer.finish()
    var job = PackJob(try WebDataset(folder.path + "/a.tar"), destination: folder.path + "/out")
    job.shardSize = 7
    _ = try job.run()
    #expect(try FileIO.read(folder.path + "/out/shard-000000.tar") == FileIO.read(folder.path + "/a.tar"))
    job.destination = folder.path + "/small"
    job.shardSize = 3
    #expect(try job.run().shards == 3)
    let back = try WebDataset(folder.path + "/small/shard-{000000..000002}.tar")
    #expect(back.count == 7 && back.key(of: 6) == "k/6")
    #expect(try back.bytes("mp3", of: 6) == [6])
  }

  @Test("a folder with results is refused without resume, and with other settings") func refusal() throws {
    let (source, destination) = (try Self.pictures(), try TemporaryFolder())
    var job = try Self.job(source, destination)
    _ = try job.run()
    let before = try TemporaryFolder.contents(destination.path)
    let error = #expect(throws: TesseraError.self) { try job.run() }
    #expect(error?.description.contains("--resume") == true)
    job.resume = true
    job.shardSize = 9
    let other = #expect(throws: TesseraError.self) { try job.run() }
    #expect(other?.description.contains("shard size: 8 there, 9 now") == true)
    #expect(try TemporaryFolder.contents(destination.path) == before)
  }
}
