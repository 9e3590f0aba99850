import Foundation
import TestSupport
import Tessera
import Testing

@Suite("Tars as a job's source", .serialized)
struct TarSourceTests {
  @Test(
    "the arrays made of tars are, shard for shard, byte for byte those made of the folder that was packed")
  func sameArrays() throws {
    let source = try LoaderFixtures.pictures(count: 40)
    let packed = try TemporaryFolder()
    var pack = PackJob(try PackSource.open(source.path), destination: packed.path + "/tars")
    pack.shardSize = 15
    let summary = try pack.run()
    #expect(summary.job.done == 40)
    let pipeline = try Pipeline(text: "random_resized_crop(12)|random_horizontal_flip|to_tensor")
    func arrays(_ source: String, _ name: String) throws -> [String: Data] {
      var job = PreprocessJob(source: source, destination: packed.path + "/" + name, pipeline: pipeline)
      (job.format, job.shardSize, job.seed, job.threads) = (.safetensors, 12, 5, 2)
      let summary = try job.run()
      #expect(summary.done == 40)
      return try TemporaryFolder.contents(job.destination).filter { $0.key.hasSuffix(".safetensors") }
    }
    let folder = try arrays(source.path, "folder")
    let tars = try arrays(packed.path + "/tars/shard-{000000..000002}.tar", "from-tars")
    #expect(folder.count == 4 && tars == folder)
  }

  @Test("a damaged member keeps its place and is named by its tar and its key")
  func damage() throws {
    let source = try LoaderFixtures.pictures(count: 12, damage: 2)
    let out = try TemporaryFolder()
    let pack = PackJob(try PackSource.open(source.path), destination: out.path + "/tars")
    let packed = try pack.run()
    #expect(packed.job.done == 12)
    var job = PreprocessJob(
      source: out.path + "/tars/shard-000000.tar", destination: out.path + "/arrays",
      pipeline: try Pipeline(text: "resize_to(8, 8)"))
    job.errorPolicy = .skip
    let summary = try job.run()
    #expect(summary.total == 12 && summary.done == 10 && summary.failed == 2)
    let errors = try out.lines("arrays/errors.jsonl")
    #expect(errors.count == 2 && errors.allSatisfy { $0.contains("\"shard-000000.tar/") })
    let list = try PictureFiles(source: out.path + "/tars/shard-000000.tar")
    #expect(list.classes == ["ant", "bee", "cow"] && list.count == 12)
    let stats = try StatsJob(dataset: list).run()
    #expect(stats.failures.count == 2)
  }
}
