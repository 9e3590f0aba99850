private import TesseraCore

/// What one call of `encode` works with, kept for the next: the words met before, and room to merge in.
///
/// `@unchecked Sendable`: the pool hands it to one call at a time.
final class BPEScratch: @unchecked Sendable {
  let cache = WordCache()
  var symbols: [Int32] = []
  var ranks: [UInt32] = []
  var next: [Int32] = []
  var previous: [Int32] = []
  var heap: [UInt64] = []
  var spelled: [UInt8] = []
}

/// Scratch for as many calls as run at once.
final class BPEScratchPool: Sendable {
  private let free = Guarded<[BPEScratch]>([])

  func with<R>(_ body: (BPEScratch) throws -> R) rethrows -> R {
    let scratch = free.withLock { $0.popLast() } ?? BPEScratch()
    defer { free.withLock { $0.append(scratch) } }
    return try body(scratch)
  }
}
