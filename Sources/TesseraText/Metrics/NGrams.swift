/// The sequences of up to four words in texts, in the order of their first appearance, so that sums over them have the
/// same bits every time.
struct NGrams {
  /// The numbers of words. They are told apart by their bytes: `String` takes an accent apart from its letter and the
  /// two in one for the same, the reference libraries do not.
  struct Vocabulary {
    private var ids: [[UInt8]: Int32] = [:]

    mutating func id(of word: String) -> Int32 {
      let key = Array(word.utf8)
      if let id = ids[key] { return id }
      ids[key] = Int32(ids.count)
      return Int32(ids.count - 1)
    }
  }

  static let longest = 4

  /// Sequences, by the numbers of their words, and how often each is there.
  private(set) var counts: [(words: [Int32], count: Int)] = []
  private(set) var places: [[Int32]: Int] = [:]
  let length: Int

  init(_ words: [String], _ vocabulary: inout Vocabulary) {
    let ids = words.map { vocabulary.id(of: $0) }
    length = ids.count
    for order in 1...Self.longest where order <= ids.count {
      for start in 0...ids.count - order { add(Array(ids[start..<start + order])) }
    }
  }

  private mutating func add(_ words: [Int32]) {
    if let place = places[words] {
      counts[place].count += 1
    } else {
      places[words] = counts.count
      counts.append((words, 1))
    }
  }

  func count(of words: [Int32]) -> Int { places[words].map { counts[$0].count } ?? 0 }
}
