internal import TesseraCore

/// A store of samples' pictures by index.
protocol PictureCache: Sendable {
  /// What is known of a sample.
  func find(_ index: Int) -> CacheEntry

  /// Whether there is any use in making what is missing.
  var isFilling: Bool { get }

  /// Keeps a sample's pictures, or that it has none to keep; where there is no room, nothing happens.
  func store(_ pictures: [CachedPicture], at index: Int)

  var report: CacheReport { get }
}

/// What a cache knows of a sample.
enum CacheEntry {
  case pictures([CachedPicture])
  /// The sample has nothing that could be cached.
  case nothing
  case missing
}
