internal import TesseraCore

/// The pictures that several threads make at once, each in its place.
final class CorpusBlock: Sendable {
  private let places: Guarded<[Result<CorpusPicture, any Error>?]>

  init(count: Int) { places = Guarded(Array(repeating: nil, count: count)) }

  func set(_ place: Int, _ result: Result<CorpusPicture, any Error>) {
    places.withLock { $0[place] = result }
  }

  /// What was made, in order.
  var results: [Result<CorpusPicture, any Error>?] { places.withLock { $0 } }
}
