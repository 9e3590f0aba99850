internal import TesseraCore

/// Pieces in memory, at most so many bytes; the least recently used go first.
package final class MemoryPieces: PieceCache {
  private struct State {
    var pieces: [PieceKey: (bytes: [UInt8], used: Int)] = [:]
    var byteCount = 0
    var time = 0
  }

  private let limit: Int
  private let state = Guarded(State())

  package init(limit: Int) { self.limit = limit }

  package func read(_ key: PieceKey, _ range: Range<Int>, into target: UnsafeMutableRawBufferPointer)
    -> PieceState
  {
    // A reference under the lock, the copy behind it.
    let bytes = state.withLock { state -> [UInt8]? in
      guard let piece = state.pieces[key] else { return nil }
      state.time += 1
      state.pieces[key]?.used = state.time
      return piece.bytes
    }
    guard let bytes, bytes.count == key.count else { return .missing }
    bytes.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
    return .there
  }

  package func store(_ bytes: [UInt8], as key: PieceKey) {
    guard bytes.count <= limit else { return }
    state.withLock { state in
      guard state.pieces[key] == nil else { return }
      while state.byteCount + bytes.count > limit,
        let oldest = state.pieces.min(by: { $0.value.used < $1.value.used })
      {
        state.pieces[oldest.key] = nil
        state.byteCount -= oldest.value.bytes.count
      }
      state.time += 1
      state.pieces[key] = (bytes, state.time)
      state.byteCount += bytes.count
    }
  }

  package func knows(family: String) -> Bool { false }
}
