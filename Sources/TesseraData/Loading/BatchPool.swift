internal import TesseraCore

/// Memory for batches, used again: a block comes back when its last holder lets go.
///
/// Batches that the caller keeps count against the bound. Beyond it a fresh block is made, counted, and given
/// back to the system when it is let go, so that a caller who hoards batches waits for nothing.
final class BatchPool: Sendable {
  /// What the pool did.
  struct Counts: Sendable {
    /// Blocks that were allocated, and those of them that were beyond the bound.
    var made = 0
    var beyondBound = 0
    /// Blocks that were used again.
    var reused = 0
    /// Blocks that somebody holds, and their bytes.
    var held = 0
    var heldBytes = 0
  }

  private struct State {
    var free: [Block] = []
    var counts = Counts()
  }

  // @unchecked: the memory belongs to the pool while it lies here; nobody else has the pointer.
  private struct Block: @unchecked Sendable {
    var base: UnsafeMutableRawPointer
    var byteCount: Int
  }

  /// Blocks that are kept for use again, in the pool and with their holders together.
  let bound: Int
  private let state = Guarded(State())

  init(bound: Int) { self.bound = bound }

  deinit { for block in state.withLock({ $0.free }) { LargeMemory.give(block.base) } }

  var counts: Counts { state.withLock { $0.counts } }

  /// A block of at least `byteCount` bytes, aligned to 64, not cleared; and whether it was beyond the bound.
  func block(_ byteCount: Int) -> (block: MemoryBlock, isBeyondBound: Bool) {
    let (found, isBeyond) = state.withLock { state -> (Block?, Bool) in
      state.counts.held += 1
      // The smallest that is large enough, however large: the short batch at an epoch's end is no reason to give the
      // system a block that the next epoch wants again (38 MB to clear, 5 % of the time of an epoch of 200 pictures).
      let fits = state.free.indices.filter { state.free[$0].byteCount >= byteCount }
      if let at = fits.min(by: { state.free[$0].byteCount < state.free[$1].byteCount }) {
        state.counts.reused += 1
        state.counts.heldBytes += state.free[at].byteCount
        return (state.free.remove(at: at), false)
      }
      // What does not fit makes way for what does.
      if let old = state.free.popLast() { LargeMemory.give(old.base) }
      state.counts.made += 1
      state.counts.heldBytes += byteCount
      let isBeyond = state.counts.held > bound
      if isBeyond { state.counts.beyondBound += 1 }
      return (nil, isBeyond)
    }
    let block =
      found
      ?? Block(base: LargeMemory.take(byteCount), byteCount: byteCount)
    let adopted = MemoryBlock(adopting: block.base, byteCount: block.byteCount) { [self] base in
      takeBack(Block(base: base, byteCount: block.byteCount))
    }
    return (adopted, isBeyond)
  }

  private func takeBack(_ block: Block) {
    let isKept = state.withLock { state -> Bool in
      state.counts.held -= 1
      state.counts.heldBytes -= block.byteCount
      guard state.free.count + state.counts.held < bound else { return false }
      state.free.append(block)
      return true
    }
    if !isKept { LargeMemory.give(block.base) }
  }
}
