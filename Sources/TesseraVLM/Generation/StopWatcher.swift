/// Finds stop strings in text that comes in pieces, and holds back what might begin one.
package struct StopWatcher {
  private let stops: [[UInt8]]
  /// Bytes that are not given out yet.
  private var held: [UInt8] = []
  package private(set) var isStopped = false

  package init(_ stops: [String]) { self.stops = stops.map { Array($0.utf8) } }

  /// Takes a piece; gives the text that no stop string can reach into any more.
  package mutating func append(_ piece: String) -> String {
    guard !isStopped else { return "" }
    held += piece.utf8
    if let end = firstStop() {
      isStopped = true
      return take(end)
    }
    return take(held.count - longestBeginning())
  }

  /// What was held back, at the end.
  package mutating func finish() -> String { isStopped ? "" : take(held.count) }

  private mutating func take(_ count: Int) -> String {
    defer { held.removeFirst(count) }
    return String(decoding: held.prefix(count), as: UTF8.self)
  }

  /// Where the stop string begins that is complete first: so the pieces that a text comes in do not matter.
  private func firstStop() -> Int? {
    let found = stops.compactMap { stop -> Range<Int>? in
      guard held.count >= stop.count else { return nil }
      let start = (0...held.count - stop.count).first { held[$0..<$0 + stop.count].elementsEqual(stop) }
      return start.map { $0..<$0 + stop.count }
    }
    return found.min { ($0.upperBound, $0.lowerBound) < ($1.upperBound, $1.lowerBound) }?.lowerBound
  }

  /// How many of the last bytes are the beginning of a stop string.
  private func longestBeginning() -> Int {
    stops.map { stop in
      (0..<min(stop.count, held.count + 1)).last { held.suffix($0).elementsEqual(stop.prefix($0)) } ?? 0
    }.max() ?? 0
  }
}
