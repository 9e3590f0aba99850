/// Finds the pairs to merge: the most frequent first, of equals the one with the lower ids.
///
/// Step by step as the `tokenizers` library does it, with what follows from its ways: a pair may be queued more than
/// once, each time with the words in which it was new, and its count never falls for its own merges. So a pair that
/// comes again after it was merged is merged again, and counts with the later rank.
struct PairLearner {
  private(set) var vocabulary: TokenTable
  private(set) var merges: [(left: Int32, right: Int32)] = []

  private var words: [[Int32]] = []
  private var counts: [Int] = []
  private var pairCounts: [UInt64: Int] = [:]
  /// The words in which each pair is new.
  private var places: [UInt64: [Int32]] = [:]
  private var queue: [Entry] = []

  private struct Entry {
    var count: Int
    var pair: UInt64
    var words: [Int32]

    /// Whether it comes out of the queue before `other`.
    func precedes(_ other: Entry) -> Bool {
      count != other.count ? count > other.count : pair < other.pair
    }
  }

  init(_ vocabulary: TokenTable) { self.vocabulary = vocabulary }

  mutating func add(_ word: [Int32], count: Int) {
    words.append(word)
    counts.append(count)
  }

  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  mutating func learn(vocabularySize: Int, minimumFrequency: Int) {
    countPairs()
    var ranked: [(pair: UInt64, rank: Int)] = []
    while vocabulary.count < vocabularySize, var top = pop() {
      let current = pairCounts[top.pair, default: 0]
      if top.count != current {
        top.count = current
        push(top)
        continue
      }
      if top.count < 1 || top.count < minimumFrequency { break }
      let (left, right) = (Int32(top.pair >> 32), Int32(top.pair & 0xFFFF_FFFF))
      let id = Int32(number(left, right))
      ranked.append((top.pair, ranked.count))
      merge(top, left, right, into: id)
      queueNew()
    }
    // Of one pair's merges the last counts.
    var last: [UInt64: Int] = [:]
    for item in ranked { last[item.pair] = item.rank }
    merges = ranked.filter { last[$0.pair] == $0.rank }.map {
      (Int32($0.pair >> 32), Int32($0.pair & 0xFFFF_FFFF))
    }
  }

  /// The id of two tokens together: a new one, unless another pair spelled it before.
  private mutating func number(_ left: Int32, _ right: Int32) -> Int {
    let spelled =
      (vocabulary.withToken(Int(left)) { Array($0) } ?? [])
      + (vocabulary.withToken(Int(right)) { Array($0) } ?? [])
    return spelled.withUnsafeBufferPointer { vocabulary.number($0) }
  }

  private mutating func countPairs() {
    for (index, word) in words.enumerated() where word.count > 1 {
      for place in 1..<word.count {
        let pair = Self.key(word[place - 1], word[place])
        pairCounts[pair, default: 0] += counts[index]
        note(pair, index)
      }
    }
    queueNew()
  }

  private mutating func note(_ pair: UInt64, _ index: Int) {
    // Words come one after another, so a word that is noted is the last one noted.
    if places[pair]?.last != Int32(index) { places[pair, default: []].append(Int32(index)) }
  }

  private mutating func queueNew() {
    for (pair, words) in places {
      let count = pairCounts[pair, default: 0]
      if count > 0 { push(Entry(count: count, pair: pair, words: words)) }
    }
    places.removeAll(keepingCapacity: true)
  }

  private mutating func change(_ left: Int32, _ right: Int32, _ change: Int, _ index: Int) {
    let pair = Self.key(left, right)
    pairCounts[pair, default: 0] += change * counts[index]
    if change > 0 { note(pair, index) }
  }

  private mutating func merge(_ entry: Entry, _ left: Int32, _ right: Int32, into id: Int32) {
    for index in entry.words.map(Int.init) {
      let word = words[index]
      var merged: [Int32] = []
      merged.reserveCapacity(word.count)
      var place = 0
      while place < word.count {
        guard place + 1 < word.count, word[place] == left, word[place + 1] == right else {
          merged.append(word[place])
          place += 1
          continue
        }
        if let before = merged.last {
          change(before, left, -1, index)
          change(before, id, 1, index)
        }
        if place + 2 < word.count {
          change(right, word[place + 2], -1, index)
          change(id, word[place + 2], 1, index)
        }
        merged.append(id)
        place += 2
      }
      words[index] = merged
    }
  }

  // MARK: the queue, a binary heap

  private mutating func push(_ entry: Entry) {
    queue.append(entry)
    var index = queue.count - 1
    while index > 0, queue[index].precedes(queue[(index - 1) / 2]) {
      queue.swapAt(index, (index - 1) / 2)
      index = (index - 1) / 2
    }
  }

  private mutating func pop() -> Entry? {
    guard !queue.isEmpty else { return nil }
    queue.swapAt(0, queue.count - 1)
    let top = queue.removeLast()
    var index = 0
    while true {
      var child = 2 * index + 1
      if child >= queue.count { break }
      if child + 1 < queue.count, queue[child + 1].precedes(queue[child]) { child += 1 }
      if !queue[child].precedes(queue[index]) { break }
      queue.swapAt(index, child)
      index = child
    }
    return top
  }
}
