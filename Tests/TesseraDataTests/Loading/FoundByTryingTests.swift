import Foundation
import TestSupport
import Tessera
import Testing

/// What strangers found when they tried the loader, its sources and its caches.
@Suite("Found by trying", .serialized)
struct FoundByTryingTests {
  @Test("a line of a list that is cut costs itself only; the list that tessera list writes is a list")
  func lists() throws {
    let folder = try LoaderFixtures.pictures(count: 9)
    let data = try ImageFolder(folder.path)
    let lines = (0..<3).map { "{\"path\": \"\(data.name(at: $0))\", \"label\": \"ant\"}" }
    try folder.write((lines + ["{\"path\": \"ant/", "\u{FEFF}"]).joined(separator: "\n"), "l.jsonl")
    let list = try PictureFiles(source: folder.path + "/l.jsonl")
    #expect(list.count == 5 && list.classes == ["ant"])
    #expect(list.files[3].fault?.description.contains("line 4") == true)
    let loader = DataLoader(list, batchSize: 5, collator: .list, onError: .skip(maximum: 1))
    let batch = try loader.batch(at: BatchPosition(epoch: 0, batch: 0))
    #expect(batch.slots == [0, 1, 2] && batch.failures.map(\.stage) == [.list, .list])
    try data.writeList(to: folder.path + "/train.list")
    let again = try PictureFiles(source: folder.path + "/train.list")
    #expect(again.count == 9 && again.classes == data.classes)
    #expect(throws: Never.self) {
      try DataLoader(again, batchSize: 9, collator: .list).batch(at: BatchPosition(epoch: 0, batch: 0))
    }
  }

  @Test("loops of links and class folders without pictures are told of, by name")
  func notices() throws {
    let folder = try LoaderFixtures.pictures(count: 9)
    let manager = FileManager.default
    try manager.createSymbolicLink(atPath: folder.path + "/ant/up", withDestinationPath: folder.path)
    try manager.createDirectory(atPath: folder.path + "/dog", withIntermediateDirectories: true)
    let list = try PictureFiles(source: folder.path)
    #expect(list.notices.map(\.path) == ["ant/up", "dog"])
    #expect(try ImageFolder(folder.path, allowEmptyClasses: true).notices.map(\.path) == ["ant/up"])
  }

  @Test("a picture that is replaced by another of the same length is not taken from an old cache on the disk")
  func staleCache() throws {
    let folder = try TemporaryFolder()
    let cache = try TemporaryFolder()
    func digest() throws -> String {
      let data = try ImageFolder(folder.path).map(
        try Pipeline(text: "resize_to(8, 8)|random_horizontal_flip|to_tensor"))
      return try LoaderFixtures.digest(
        DataLoader(try data.cached(.disk(cache.path)), batchSize: 1), batches: 1)
    }
    let size = Size(9)
    func write(_ seed: UInt64) throws {
      // BMP-like: the same length whatever the pixels are.
      let pixels = Pictures.noise(size, .rgb, seed: seed).bytes
      try folder.write(Array("P6 9 9 255\n".utf8) + pixels, "a/1.ppm")
    }
    try write(1)
    let first = try digest()
    #expect(try digest() == first)
    try write(2)
    #expect(try digest() != first)
  }

  @Test("a tar that is no tar, or empty, is an error of the stream and of the index, not an end")
  func strangeTars() throws {
    let source = try LoaderFixtures.pictures(count: 8)
    let out = try TemporaryFolder()
    let packed = try PackJob(try PackSource.open(source.path), destination: out.path + "/t").run()
    #expect(packed.job.done == 8)
    let good = out.path + "/t/shard-000000.tar"
    for bytes in [[UInt8](), [UInt8](repeating: 77, count: 2000)] {
      try out.write(bytes, "strange.tar")
      let stream = try WebDatasetStream([good, out.path + "/strange.tar", good])
      let loader = DataLoader(stream: stream, batchSize: 20, collator: .list, onError: .skip(maximum: 1))
      let batches = try loader.epoch(0).blocking.map { try $0.get() }
      #expect(batches.reduce(0) { $0 + $1.count } == 16)
      #expect(loader.ledger.count == 1 && loader.ledger[0].name.contains("strange.tar"))
      #expect(throws: TesseraError.self) { try WebDataset([good, out.path + "/strange.tar"]) }
    }
  }

  @Test("names as long as file systems allow are written, aside first as others")
  func longNames() throws {
    let folder = try TemporaryFolder()
    let stem = String(repeating: "n", count: 250)
    try folder.write(try PNGEncoder().encode(Pictures.noise(Size(5), .rgb, seed: 1)), "a/\(stem).png")
    var job = PreprocessJob(
      source: folder.path, destination: folder.path + "-out", pipeline: try Pipeline(text: "resize_to(4, 4)"))
    job.format = .png
    let summary = try job.run()
    #expect(summary.done == 1)
    #expect(FileManager.default.fileExists(atPath: "\(folder.path)-out/a/\(stem).png"))
    try FileManager.default.removeItem(atPath: folder.path + "-out")
  }

  @Test("one mistyped label of a CSV does not renumber the others: it is refused, or classes are named")
  func mixedLabels() throws {
    let folder = try TemporaryFolder()
    try folder.write("path,label\np0.jpg,1\np1.jpg,cat\n", "l.csv")
    let error = #expect(throws: TesseraError.self) { try ImageList(folder.path + "/l.csv") }
    #expect(error?.description.contains("'cat'") == true)
    #expect(throws: Never.self) { try ImageList(folder.path + "/l.csv", classes: ["1", "cat"]) }
  }
}
