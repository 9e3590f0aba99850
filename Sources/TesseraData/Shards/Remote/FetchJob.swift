private import Foundation
public import TesseraCore

/// Remote shards into the cache, whole, with their indices; and their checksums compared, where there are any.
///
/// Nothing that is in the cache is fetched again. Where the cache is smaller than the shards, what came first makes room
/// for what comes last; the checksums are compared all the same.
public struct FetchJob: Sendable {
  /// URLs and lists, as for `WebDataset`.
  public var sources: [String]
  /// A file as `sha256sum` writes it, or its URL; its names are compared with the URLs' last parts. With it, a shard
  /// without a sum is a fault.
  public var checksums: String?
  /// Shards at once.
  public var threads = 4
  public var store: RemoteStore

  public init(_ sources: [String], store: RemoteStore) {
    self.sources = sources
    self.store = store
  }

  /// What was done.
  public struct Summary: Sendable, Equatable {
    /// Shards that were read from start to end, and their bytes.
    public var shards = 0
    public var bytes = 0
    /// Of those, shards whose checksum was right.
    public var verified = 0
    public var samples = 0
    /// A shard each, in no order.
    public var faults: [TesseraError] = []
    public var isInterrupted = false
    public var report = RemoteReport()
  }

  /// Fetches all shards.
  ///
  /// - Throws: `invalidArgument` for sources that are no URLs; `io`, `remote` or `corrupt` for lists and checksums. What
  ///   a shard throws is in the summary.
  public func run(control: JobControl = JobControl()) throws -> Summary {
    let urls = try ShardPaths.expand(sources)
    if let local = urls.first(where: { !RemoteName.isRemote($0) }) {
      throw TesseraError(
        .invalidArgument(name: "the source", expected: "URLs (https://…)", got: "'\(local)'"))
    }
    let sums = try checksums.map { try ShardChecksums($0, store) }
    let state = Guarded((next: 0, summary: Summary()))
    try WorkerThreads.run(min(max(threads, 1), max(urls.count, 1))) { _ in
      while !control.isCancelled {
        let number = state.withLock { state -> Int in
          defer { state.next += 1 }
          return state.next
        }
        guard number < urls.count else { return }
        do {
          let shard = try fetch(urls[number], sums, control)
          state.withLock { state in
            state.summary.shards += shard.isWhole ? 1 : 0
            state.summary.bytes += shard.bytes
            state.summary.samples += shard.samples
            state.summary.verified += shard.isVerified ? 1 : 0
          }
        } catch {
          let fault = TesseraError.of(error).with(path: urls[number], stage: .read)
          state.withLock { $0.summary.faults.append(fault) }
        }
      }
    }
    var summary = state.withLock { $0.summary }
    summary.isInterrupted = control.isCancelled
    summary.report = store.report
    return summary
  }

  private struct Shard {
    var samples: Int
    var bytes = 0
    var isWhole = false
    var isVerified = false
  }

  private func fetch(_ url: String, _ sums: ShardChecksums?, _ control: JobControl) throws -> Shard {
    let sum = sums?.sum(of: RemoteName.shown(url))
    if let sums, sum == nil {
      throw TesseraError(
        .invalidInput(operation: "the check", expected: "a line for it in \(sums.name)", got: "none"))
    }
    let index = try TarIndex.open(url, remote: store)
    guard let file = index.remote else { preconditionFailure("\(index.path) is no remote tar") }
    var shard = Shard(samples: index.count)
    let found = try file.digest { count in
      shard.bytes += count
      return !control.isCancelled
    }
    guard let found else { return shard }
    shard.isWhole = true
    if let sum {
      try file.compare(found, with: sum)
      shard.isVerified = true
    }
    return shard
  }
}
