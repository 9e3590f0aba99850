private import CHTTP
internal import TesseraCore

/// Where remote shards' bytes come from: connections, and a bounded cache of pieces.
///
///     let store = try RemoteStore(RemoteOptions(cache: "/scratch/tessera"))
///     let train = try WebDataset(["https://host/shard-{000000..000146}.tar"], remote: store)
///     …
///     print(store.report)
///
/// Shards are read in pieces of a fixed size by ranged requests, each once: a piece that is in the cache is not asked
/// for again. Every piece in a folder has checksums, which are looked at when it is read; a damaged one is fetched anew.
/// A server that gives no parts sends a shard whole, once, if it is not larger than the cache.
public final class RemoteStore: Sendable {
  public let options: RemoteOptions
  let pool: ConnectionPool
  let pieces: any PieceCache
  let meter = Guarded(RemoteReport())
  let notice = Guarded(RetryNotice())

  /// - Throws: `invalidArgument` for options that cannot be.
  public init(_ options: RemoteOptions = RemoteOptions()) throws {
    try options.check()
    self.options = options
    pool = ConnectionPool(limit: options.connections)
    pieces =
      if let cache = options.cache {
        FolderPieces(folder: cache, limit: options.cacheSize, memorySize: options.memorySize)
      } else {
        MemoryPieces(limit: options.memorySize)
      }
  }

  /// The library that speaks HTTP, with its version and that of its TLS: `libcurl 7.88.1 (OpenSSL/3.0.19)`.
  public static var transport: String { "libcurl \(String(cString: ch_version()))" }

  /// What has been fetched, and what the cache has answered.
  public var report: RemoteReport { meter.withLock { $0 } }

  /// The largest object that is taken whole.
  var wholeLimit: Int { options.cache == nil ? options.memorySize : options.cacheSize }

  /// Opens an object: asks for its size and version, with its first piece where nothing of it is known.
  ///
  /// - Throws: `remote`; `invalidArgument` for what is no URL.
  public func open(_ url: String) throws -> RemoteFile { try RemoteFile(RemoteURL(url), self) }
}
