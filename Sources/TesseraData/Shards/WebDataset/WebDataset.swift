private import Foundation
public import TesseraCodecs
internal import TesseraCore

/// Samples in tar shards, in WebDataset's layout, with random access: sample *i* is read where it lies.
///
/// Each tar has an index (`TarIndex`), made once and kept beside it; so the length is exact, and a sampler shuffles
/// over all shards. What becomes of a sample's members is told by `SampleFields`' table: pictures by extension, `cls`
/// a label, `txt` or `caption` a text, `json` a conversation, a caption or a label, `npy` tensors.
///
///     let train = try WebDataset("data/train-{000000..000146}.tar").map {
///       RandomResizedCrop(224)
///       ToTensor()
///     }
///
/// A damaged or hostile member costs its sample only: the sample keeps its place and throws when it is asked for, and
/// `faults` lists it. A member's data are not looked at before the sample is loaded.
public struct WebDataset: Dataset {
  /// The shards' indices, in the patterns' order.
  public let shards: [TarIndex]
  /// The names in the first shard's `__classes__` (as `tessera pack` writes it); else empty.
  public let classes: [String]
  private let starts: [Int]
  private let fields: SampleFields

  /// Opens shards.
  ///
  /// - Parameters:
  ///   - patterns: paths of tars with braces: `shard-{000000..000146}.tar`, `{train,val}.tar`; URLs of tars in the same
  ///     way, `https://host/shard-{000000..000146}.tar`; `@shards.txt` is a list with such a path or URL a line.
  ///   - cache: a folder for indices of tars in folders that cannot be written, and for pieces of tars on servers.
  ///   - pictures: the suffixes that are a sample's pictures, in the order wanted (`["jpg;png", "seg.png"]`; of
  ///     several between semicolons the first that is there); nil for all that have a picture's extension, sorted.
  ///   - threads: how many make indices at once; by default one a core, or as many as a store has connections.
  ///   - limits: the most bytes of a member that is read here (`npy`).
  ///   - remote: what reads tars on servers; nil for one of its own, with its pieces in `cache`.
  /// - Throws: `invalidArgument` or `limitExceeded` for a pattern, `io` or `remote` for a tar that is not there, `corrupt` for a
  ///   file that is no tar.
  public init(
    _ patterns: [String], cache: String? = nil, pictures: [String]? = nil, threads: Int? = nil,
    limits: DecodeLimits = DecodeLimits(), remote: RemoteStore? = nil
  ) throws {
    let paths = try ShardPaths.expand(patterns)
    let isRemote = paths.contains { RemoteName.isRemote($0) }
    // One store for all shards: they share its connections and its bound.
    let store = isRemote ? try remote ?? RemoteStore(RemoteOptions(cache: cache)) : nil
    // To open a shard on a server is mostly to wait.
    let usual = max(ProcessInfo.processInfo.activeProcessorCount, store?.options.connections ?? 1)
    let shards = try Self.open(paths, cache: cache, store, threads: threads ?? usual)
    try self.init(shards, pictures: pictures, limits: limits)
  }

  /// Opens the shards of one pattern: `WebDataset("shard-{000000..000146}.tar")`.
  public init(
    _ pattern: String, cache: String? = nil, pictures: [String]? = nil, remote: RemoteStore? = nil
  ) throws {
    try self.init([pattern], cache: cache, pictures: pictures, remote: remote)
  }

  /// Takes indices that are open already.
  public init(
    _ shards: [TarIndex], pictures: [String]? = nil, limits: DecodeLimits = DecodeLimits()
  ) throws {
    self.shards = shards
    fields = SampleFields(pictures: pictures, limits: limits)
    var total = 0
    starts = shards.map { shard in
      defer { total += shard.count }
      return total
    }
    count = total
    classes = try Self.classNames(shards)
  }

  /// Samples in all shards, faulty ones included.
  public let count: Int

  /// What is wrong in the shards, with the samples' indices in the whole.
  public var faults: [TarIndex.Fault] {
    zip(shards, starts).flatMap { shard, start in
      shard.faults.map { fault in
        let index = fault.sample.map { $0 + start }
        return TarIndex.Fault(sample: index, error: fault.error.with(index: index))
      }
    }
  }

  /// Where a sample is: the shard, and the sample's number in it. Traps outside of `count`.
  ///
  /// - Complexity: O(log *shards*).
  public func place(of index: Int) -> (shard: Int, sample: Int) {
    precondition(index >= 0 && index < count, "sample \(index) of \(count)")
    var (low, high) = (0, starts.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if starts[middle] <= index { low = middle } else { high = middle }
    }
    return (low, index - starts[low])
  }

  /// The sample's key: its members' names up to the first dot of the last component.
  public func key(of index: Int) -> String {
    let (shard, sample) = place(of: index)
    return shards[shard].key(sample)
  }

  public func sample(at index: Int) throws -> Sample {
    let (shard, members) = try goodMembers(index)
    let name = "\(shards[shard].path)/\(key(of: index))"
    return try fields.sample(name, members.map { field($0, shard) })
  }

  /// The label alone: pictures and texts are not read.
  public func label(at index: Int) throws -> Int? {
    let (shard, members) = try goodMembers(index)
    return try fields.label(members.map { field($0, shard) })
  }

  /// The members of a sample in the tar's order, of whatever suffix. Works for faulty samples too.
  public func members(of index: Int) -> [TarIndex.Member] {
    let (shard, sample) = place(of: index)
    return shards[shard].members(sample)
  }

  /// The bytes of one member of a sample, of whatever suffix; nil if there is none.
  ///
  /// - Parameter suffix: what follows the key's dot, in lower case: `jpg`, `seg.png`, `mp3`.
  /// - Throws: `io`, `truncated`, `limitExceeded`.
  public func bytes(_ suffix: String, of index: Int) throws -> [UInt8]? {
    let (shard, sample) = place(of: index)
    return try shards[shard].member(suffix, of: sample).map { try bytes(of: $0, shard) }
  }

  /// All members of a good sample with their bytes, sorted by suffix: what `pack` copies.
  func allBytes(of index: Int) throws -> [(suffix: String, bytes: [UInt8])] {
    let (shard, members) = try goodMembers(index)
    return try members.map { ($0.suffix, try bytes(of: $0, shard)) }
      .sorted { $0.0.utf8.lexicographicallyPrecedes($1.0.utf8) }
  }

  /// SHA-256 over the indices: members' names, places and sizes, shard by shard. Where the shards lie plays no part.
  public func fingerprint() throws -> Fingerprint {
    Fingerprint(["WebDataset"] + (fields.pictures ?? []) + shards.map { TarIndexFile.digest($0.tables) })
  }

  // MARK: inside

  private func goodMembers(_ index: Int) throws -> (shard: Int, members: [TarIndex.Member]) {
    let (shard, sample) = place(of: index)
    if let fault = shards[shard].fault(of: sample) { throw fault.with(index: index) }
    return (shard, shards[shard].members(sample))
  }

  private func source(_ member: TarIndex.Member, _ shard: Int) -> PictureSource {
    let tar = shards[shard].path
    let name = "\(tar)/\(member.name)"
    guard let remote = shards[shard].remote else {
      return .section(file: tar, bytes: member.bytes, name: name)
    }
    return .remote(remote, bytes: member.bytes, name: name)
  }

  private func field(_ member: TarIndex.Member, _ shard: Int) -> SampleFields.Field {
    let source = source(member, shard)
    return SampleFields.Field(
      suffix: member.suffix, name: source.name, source: source, size: member.bytes.count)
  }

  private func bytes(of member: TarIndex.Member, _ shard: Int) throws -> [UInt8] {
    try source(member, shard).encodedBytes(limits: fields.limits) ?? []
  }

  /// Opens tars on several threads; the error of the first that fails, in their order.
  private static func open(
    _ paths: [String], cache: String?, _ store: RemoteStore?, threads: Int
  ) throws -> [TarIndex] {
    let results = Guarded([Result<TarIndex, any Error>?](repeating: nil, count: paths.count))
    let next = Guarded(0)
    try WorkerThreads.run(min(max(threads, 1), paths.count)) { _ in
      while true {
        let number = next.withLock { next -> Int in
          defer { next += 1 }
          return next
        }
        guard number < paths.count else { return }
        let result = Result { try TarIndex.open(paths[number], cache: cache, remote: store) }
        results.withLock { $0[number] = result }
      }
    }
    return try results.withLock { $0 }.compactMap { try $0?.get() }
  }

  private static func classNames(_ shards: [TarIndex]) throws -> [String] {
    guard let first = shards.first, let place = first.classesPlace else { return [] }
    guard place.count <= SampleFields.textLimit else {
      throw TesseraError(
        .limitExceeded(what: "bytes of __classes__", limit: SampleFields.textLimit, found: place.count),
        path: first.path, stage: .read)
    }
    let bytes = try first.remote?.bytes(place) ?? FileIO.read(first.path, range: place)
    do { return try JSONDecoder().decode([String].self, from: Data(bytes)) } catch {
      throw TesseraError(
        .corrupt(format: "__classes__", detail: "it is no JSON list of names"), path: first.path, stage: .read
      )
    }
  }
}
