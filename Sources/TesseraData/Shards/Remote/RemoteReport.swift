/// What reading from servers has cost so far.
public struct RemoteReport: Sendable, Equatable {
  /// Requests made, redirects not counted.
  public var requests = 0
  /// Bytes of objects that came over the net.
  public var bytesFetched = 0
  /// Requests that failed and were made again.
  public var retries = 0
  /// Reads that the cache answered, and their bytes.
  public var hits = 0
  public var bytesFromCache = 0
  /// Pieces in the cache that were damaged, and fetched again.
  public var damagedPieces = 0
}
