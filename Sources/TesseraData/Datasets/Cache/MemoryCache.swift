internal import TesseraCore

/// Pictures in memory up to a number of bytes. What is in stays in; when there is no room, nothing more comes in.
final class MemoryCache: PictureCache {
  private struct State {
    var entries: [Int: [CachedPicture]] = [:]
    var byteCount = 0
    var isFull = false
  }

  private let limit: Int
  private let samples: Int
  private let state = Guarded(State())

  init(limit: Int, samples: Int) {
    self.limit = limit
    self.samples = samples
  }

  func find(_ index: Int) -> CacheEntry {
    state.withLock { state in
      guard let pictures = state.entries[index] else { return .missing }
      return pictures.isEmpty ? .nothing : .pictures(pictures)
    }
  }

  var isFilling: Bool { state.withLock { !$0.isFull } }

  func store(_ pictures: [CachedPicture], at index: Int) {
    let bytes = pictures.reduce(0) { $0 + $1.image.byteCount }
    state.withLock { state in
      guard !state.isFull, state.entries[index] == nil else { return }
      guard bytes <= limit - state.byteCount else {
        state.isFull = true
        return
      }
      state.entries[index] = pictures
      state.byteCount += bytes
    }
  }

  var report: CacheReport {
    state.withLock { state in
      var report = CacheReport()
      report.samples = samples
      report.cached = state.entries.count
      report.byteCount = state.byteCount
      report.isFilling = !state.isFull && state.entries.count < samples
      return report
    }
  }
}
