import Foundation
import TestSupport
import Tessera

/// Shards, options and batches that the tests of remote shards share.
enum RemoteFixtures {
  static let shards = "shard-{000000..000002}.tar"
  static let names = (0..<3).map { "shard-00000\($0).tar" }
  static let count = 90

  /// Three shards of 30 pictures (about 30 KB each), their checksums, and a file that is no tar.
  static func makeShards(in folder: String) throws {
    let pictures = try LoaderFixtures.pictures(count: count)
    var job = PackJob(try PackSource.open(pictures.path), destination: folder)
    job.shardSize = 30
    _ = try job.run()
    var sums = ""
    for name in names { sums += "\(try Digest.file("\(folder)/\(name)"))  \(name)\n" }
    try Data(sums.utf8).write(to: URL(filePath: folder + "/SHA256SUMS"))
    try Data().write(to: URL(filePath: folder + "/empty.tar"))
    try Data(repeating: 7, count: 40_000).write(to: URL(filePath: folder + "/noise.tar"))
  }

  /// Small pieces and short waits: a shard is some pieces, and a fault costs milliseconds.
  static func options(cache: String? = nil) -> RemoteOptions {
    var options = RemoteOptions(cache: cache)
    options.cache = cache
    options.pieceSize = 16_384
    options.firstDelay = 0.005
    options.stallSeconds = 1
    options.connectSeconds = 2
    options.seconds = 20
    options.attempts = 10
    return options
  }

  static func loader(_ data: WebDataset, threads: Int = 2) throws -> DataLoader {
    let recipe = try Pipeline(text: "random_resized_crop(12)|random_horizontal_flip|to_tensor")
    return DataLoader(
      data.map(recipe), batchSize: 16, order: .shuffled(seed: 3), seed: 5, threads: threads,
      onError: .skip(maximum: 1))
  }

  /// An epoch's batches as digests of what a training step sees. Names are not: a URL is another name than a path.
  static func digests(_ loader: DataLoader, epoch: Int = 0) throws -> [String] {
    var found: [String] = []
    for batch in loader.epoch(epoch).blocking {
      let batch = try batch.get()
      var digest = Digest()
      digest.update("\(batch.position) \(batch.slots) \(batch.indices) \(batch.images.shape)")
      batch.images.withUnsafeBytes { digest.update($0) }
      batch.labels.withUnsafeBufferPointer { digest.update(UnsafeRawBufferPointer($0)) }
      found.append(digest.hex())
    }
    return found
  }

  /// Those of the same shards as local files.
  static func localDigests(_ servers: RemoteServers, epoch: Int = 0) throws -> [String] {
    try digests(loader(WebDataset("\(servers.local)/\(shards)")), epoch: epoch)
  }

  /// The bytes of all files below a folder.
  static func size(of folder: String) throws -> Int {
    try TemporaryFolder.contents(folder).reduce(0) { $0 + $1.value.count }
  }

  /// What a call throws.
  static func error(_ body: () throws -> Void) -> TesseraError? {
    do { try body() } catch { return error as? TesseraError }
    return nil
  }

  /// The fault of a remote error.
  static func fault(_ body: () throws -> Void) -> RemoteFault? {
    guard case .remote(let fault)? = error(body)?.reason else { return nil }
    return fault
  }
}
