/// The nearest of the allowed words, for error messages.
package enum Suggestion {
  /// ` (did you mean 'x'?)` if a word is near, else nothing.
  package static func near(_ word: String, among allowed: [String]) -> String {
    // No slip of the hand is near a word that long, and to find out costs its length times all others'.
    guard word.utf8.count <= 100 else { return "" }
    let ranked = allowed.map { ($0, distance(Array(word), Array($0))) }.sorted { $0.1 < $1.1 }
    guard let best = ranked.first, best.1 <= max(2, word.count / 3) else { return "" }
    return " (did you mean '\(best.0)'?)"
  }

  /// Levenshtein's distance.
  static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var row = Array(0...b.count)
    for i in a.indices {
      var diagonal = row[0]
      row[0] = i + 1
      for j in b.indices {
        let next = min(row[j] + 1, row[j + 1] + 1, diagonal + (a[i] == b[j] ? 0 : 1))
        diagonal = row[j + 1]
        row[j + 1] = next
      }
    }
    return row[b.count]
  }
}
