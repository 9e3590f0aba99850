/// A token that stands beside the model: found in the text before it is cut.
struct AddedToken: Sendable {
  var id: Int
  var content: [UInt8]
  /// Only where no word character touches it.
  var singleWord = false
  /// Whether it swallows the spaces before it, and after it.
  var leftStrip = false
  var rightStrip = false
  /// Whether it is looked for in the normalised text.
  var normalized = false
  /// Whether decoding may leave it out.
  var special = false
}

/// The added tokens, and finding them.
struct AddedTokens: Sendable {
  private(set) var tokens: [AddedToken] = []
  private var indexOfID: [Int: Int] = [:]
  private var indexOfContent: [[UInt8]: Int] = [:]
  private var raw = ByteTrie()
  private var normalized = ByteTrie()

  init() {}

  /// Adds a token, or puts it in the place of the one with its id. Its pattern in normalised text is `pattern`.
  mutating func add(_ token: AddedToken, normalizedPattern pattern: [UInt8]) {
    limit = max(limit, token.id + 1)
    let index = indexOfID[token.id] ?? tokens.count
    if index < tokens.count { tokens[index] = token } else { tokens.append(token) }
    indexOfID[token.id] = index
    indexOfContent[token.content] = index
    guard !token.content.isEmpty else { return }
    if token.normalized { normalized.insert(pattern, index) } else { raw.insert(token.content, index) }
  }

  func token(_ id: Int) -> AddedToken? { indexOfID[id].map { tokens[$0] } }
  func token(_ content: [UInt8]) -> AddedToken? { indexOfContent[content].map { tokens[$0] } }

  /// One past the highest id.
  private(set) var limit = 0

  var hasNormalized: Bool { !normalized.isEmpty }

  /// Which of the two searches: before the text is normalised, or after.
  enum Search { case raw, normalized }

  /// Calls `body` with the parts of a text in order: those between tokens with no id, and the tokens' ids.
  @inline(__always)
  func forEachPart(
    _ text: UnsafeBufferPointer<UInt8>, _ search: Search, _ body: (Range<Int>, _ id: Int?) -> Void
  ) {
    let trie = search == .raw ? raw : normalized
    if trie.isEmpty { return body(0..<text.count, nil) }
    var done = 0
    var from = 0
    while let (range, index) = trie.next(in: text, from: from) {
      from = range.upperBound
      let token = tokens[index]
      if token.singleWord && Self.touchesWord(text, range) { continue }
      var (start, end) = (range.lowerBound, range.upperBound)
      // Spaces that the token before has swallowed stay with it.
      if token.leftStrip { start = max(Self.spacesStart(text, start), done) }
      if token.rightStrip { end = Self.spacesEnd(text, end) }
      if done < start { body(done..<start, nil) }
      body(start..<max(start, end), token.id)
      done = end
    }
    if done < text.count { body(done..<text.count, nil) }
  }

  private static func touchesWord(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>) -> Bool {
    func isWord(_ position: Int) -> Bool {
      ScalarClasses.shared[UTF8Scan.scalar(text, position).value] & ScalarClasses.word != 0
    }
    if range.lowerBound > 0 && isWord(UTF8Scan.start(before: range.lowerBound, text)) { return true }
    return range.upperBound < text.count && isWord(range.upperBound)
  }

  private static func isSpace(_ text: UnsafeBufferPointer<UInt8>, _ position: Int) -> Bool {
    ScalarClasses.shared[UTF8Scan.scalar(text, position).value] & ScalarClasses.space != 0
  }

  private static func spacesStart(_ text: UnsafeBufferPointer<UInt8>, _ end: Int) -> Int {
    var start = end
    while start > 0 {
      let before = UTF8Scan.start(before: start, text)
      guard isSpace(text, before) else { break }
      start = before
    }
    return start
  }

  static func spacesEnd(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> Int {
    var end = start
    while end < text.count, isSpace(text, end) { end += UTF8Scan.length(text[end]) }
    return end
  }
}

/// Finds the first of several byte strings in a text, the longest where several start at one place.
struct ByteTrie: Sendable {
  private struct Node: Sendable {
    var children: [UInt8: Int32] = [:]
    var value: Int32 = -1
  }

  private var nodes = [Node()]
  /// Whether a string starts with a byte: most places of a text are passed over by this.
  private var starts = [Bool](repeating: false, count: 256)

  var isEmpty: Bool { nodes.count == 1 }

  mutating func insert(_ bytes: [UInt8], _ value: Int) {
    guard let first = bytes.first else { return }
    starts[Int(first)] = true
    var node = 0
    for byte in bytes {
      if let child = nodes[node].children[byte] {
        node = Int(child)
      } else {
        nodes.append(Node())
        nodes[node].children[byte] = Int32(nodes.count - 1)
        node = nodes.count - 1
      }
    }
    nodes[node].value = Int32(value)
  }

  func next(in text: UnsafeBufferPointer<UInt8>, from: Int) -> (range: Range<Int>, value: Int)? {
    starts.withUnsafeBufferPointer { starts in
      for start in from..<max(from, text.count) where starts[Int(text[start])] {
        if let (end, value) = longest(text, start) { return (start..<end, value) }
      }
      return nil
    }
  }

  private func longest(_ text: UnsafeBufferPointer<UInt8>, _ start: Int) -> (end: Int, value: Int)? {
    var (node, position) = (0, start)
    var found: (Int, Int)?
    while position < text.count, let child = nodes[node].children[text[position]] {
      node = Int(child)
      position += 1
      if nodes[node].value >= 0 { found = (position, Int(nodes[node].value)) }
    }
    return found
  }
}
