/// Merges neighbours until none is left that merges.
enum BPEMerger {
  /// From so many symbols on a heap finds the next pair; below, looking at all of them is quicker.
  private static let heapFrom = 40

  /// Merges `scratch.symbols` in place.
  ///
  /// - Complexity: O(*n* log *n*) for *n* symbols.
  static func merge(_ scratch: BPEScratch, _ pairs: PairTable) {
    let count = scratch.symbols.count
    guard count > 1 else { return }
    scratch.ranks.removeAll(keepingCapacity: true)
    for index in 0..<count - 1 {
      scratch.ranks.append(pairs.get(scratch.symbols[index], scratch.symbols[index + 1]).rank)
    }
    scratch.ranks.append(.max)
    if count < heapFrom {
      scratch.symbols.withUnsafeMutableBufferPointer { symbols in
        scratch.ranks.withUnsafeMutableBufferPointer { ranks in
          let left = scan(symbols, ranks, pairs)
          scratch.next.removeAll(keepingCapacity: true)
          scratch.next.append(Int32(left))
        }
      }
      scratch.symbols.removeLast(count - Int(scratch.next[0]))
    } else {
      heap(scratch, pairs)
    }
  }

  /// For short pieces. Returns how many symbols are left.
  private static func scan(
    _ symbols: UnsafeMutableBufferPointer<Int32>, _ ranks: UnsafeMutableBufferPointer<UInt32>,
    _ pairs: PairTable
  ) -> Int {
    var count = symbols.count
    while true {
      var (best, place) = (UInt32.max, -1)
      for index in 0..<count - 1 where ranks[index] < best { (best, place) = (ranks[index], index) }
      guard place >= 0 else { return count }
      symbols[place] = pairs.get(symbols[place], symbols[place + 1]).id
      for index in (place + 1)..<(count - 1) {
        symbols[index] = symbols[index + 1]
        ranks[index] = ranks[index + 1]
      }
      count -= 1
      ranks[place] = place + 1 < count ? pairs.get(symbols[place], symbols[place + 1]).rank : .max
      if place > 0 { ranks[place - 1] = pairs.get(symbols[place - 1], symbols[place]).rank }
      if count < 2 { return count }
    }
  }

  /// For long pieces: a heap of (rank, place) over a linked list. An entry whose pair is gone is passed over.
  private static func heap(_ scratch: BPEScratch, _ pairs: PairTable) {
    let count = scratch.symbols.count
    scratch.next.removeAll(keepingCapacity: true)
    scratch.previous.removeAll(keepingCapacity: true)
    for index in 0..<count {
      scratch.next.append(index + 1 < count ? Int32(index + 1) : -1)
      scratch.previous.append(Int32(index - 1))
    }
    scratch.heap.removeAll(keepingCapacity: true)
    for index in 0..<count where scratch.ranks[index] != .max {
      scratch.heap.append(UInt64(scratch.ranks[index]) << 32 | UInt64(index))
    }
    MinHeap.order(&scratch.heap)
    while let entry = MinHeap.pop(&scratch.heap) {
      let place = Int(entry & 0xFFFF_FFFF)
      guard scratch.ranks[place] == UInt32(entry >> 32) else { continue }
      let right = Int(scratch.next[place])
      scratch.symbols[place] = pairs.get(scratch.symbols[place], scratch.symbols[right]).id
      // The right one is no more: its entries find no rank.
      scratch.ranks[right] = .max
      let after = scratch.next[right]
      scratch.next[place] = after
      scratch.symbols[right] = -1
      if after >= 0 { scratch.previous[Int(after)] = Int32(place) }
      rank(place, scratch, pairs)
      if scratch.previous[place] >= 0 { rank(Int(scratch.previous[place]), scratch, pairs) }
    }
    scratch.symbols.removeAll { $0 < 0 }
  }

  /// Ranks the pair that starts at a place anew.
  @inline(__always)
  private static func rank(_ place: Int, _ scratch: BPEScratch, _ pairs: PairTable) {
    let right = scratch.next[place]
    guard right >= 0 else {
      scratch.ranks[place] = .max
      return
    }
    let found = pairs.get(scratch.symbols[place], scratch.symbols[Int(right)]).rank
    scratch.ranks[place] = found
    if found != .max { MinHeap.push(UInt64(found) << 32 | UInt64(place), &scratch.heap) }
  }
}

/// A binary heap in an array, the least first.
enum MinHeap {
  static func order(_ heap: inout [UInt64]) {
    for index in stride(from: heap.count / 2 - 1, through: 0, by: -1) { sink(index, &heap) }
  }

  static func push(_ value: UInt64, _ heap: inout [UInt64]) {
    heap.append(value)
    var index = heap.count - 1
    while index > 0 {
      let parent = (index - 1) / 2
      if heap[parent] <= value { break }
      heap[index] = heap[parent]
      index = parent
    }
    heap[index] = value
  }

  static func pop(_ heap: inout [UInt64]) -> UInt64? {
    guard let last = heap.popLast() else { return nil }
    guard let top = heap.first else { return last }
    heap[0] = last
    sink(0, &heap)
    return top
  }

  private static func sink(_ start: Int, _ heap: inout [UInt64]) {
    let value = heap[start]
    var index = start
    while true {
      var child = 2 * index + 1
      if child >= heap.count { break }
      if child + 1 < heap.count && heap[child + 1] < heap[child] { child += 1 }
      if value <= heap[child] { break }
      heap[index] = heap[child]
      index = child
    }
    heap[index] = value
  }
}
