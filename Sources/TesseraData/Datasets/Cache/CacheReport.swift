public import TesseraCore

/// What a cache holds, and how it fares.
public struct CacheReport: Sendable, Equatable {
  /// Samples of the dataset.
  public var samples = 0
  /// Samples that are in the cache, those with nothing to cache among them.
  public var cached = 0
  /// Bytes: of the pixels in memory, of the file on the disk.
  public var byteCount = 0
  /// Whether samples that are missing are still taken in.
  public var isFilling = false
  /// Why not, where something went wrong: a full disk, another process that fills the same file.
  public var fault: TesseraError?
  /// Records whose checksum was wrong; their samples are decoded anew.
  public var damaged = 0

  public init() {}

  /// Whether every sample is in.
  public var isComplete: Bool { cached == samples }
}
