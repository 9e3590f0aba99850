/// A string as Python has it: Unicode scalars, compared one by one.
///
/// Swift's `String` counts clusters and compares by canonical equivalence: "\r\n" is one character there, and two
/// spellings of é are equal. Templates were written for Python, where neither holds.
package struct JinjaText: Hashable, Sendable, ExpressibleByStringLiteral {
  package var scalars: [Unicode.Scalar]

  package init(_ scalars: some Sequence<Unicode.Scalar>) { self.scalars = Array(scalars) }
  package init(_ text: String) { scalars = Array(text.unicodeScalars) }
  package init(stringLiteral value: String) { self.init(value) }

  package var count: Int { scalars.count }
  package var isEmpty: Bool { scalars.isEmpty }

  /// As Swift has it.
  package var string: String {
    var view = String.UnicodeScalarView()
    view.append(contentsOf: scalars)
    return String(view)
  }

  static func + (a: JinjaText, b: JinjaText) -> JinjaText { JinjaText(a.scalars + b.scalars) }
  static func += (a: inout JinjaText, b: JinjaText) { a.scalars += b.scalars }
}

// MARK: searching

extension JinjaText {
  /// Python's `str.isspace` of one scalar: bidirectional class B, S or WS, or category Zs.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x09...0x0D, 0x1C...0x20, 0x85, 0xA0, 0x1680, 0x2000...0x200A, 0x2028, 0x2029, 0x202F, 0x205F,
      0x3000:
      true
    default: false
    }
  }

  /// Whether `part` stands at `index`.
  func matches(_ part: JinjaText, at index: Int) -> Bool {
    guard index >= 0, index + part.count <= count else { return false }
    for offset in 0..<part.count where scalars[index + offset] != part.scalars[offset] { return false }
    return true
  }

  /// Parts up to this length are compared at each place.
  private static let shortPart = 16

  /// The first place of `part` from `start` on.
  ///
  /// - Complexity: O(*count*); by Knuth, Morris and Pratt where `part` is long, as a hostile template may repeat itself.
  package func find(_ part: JinjaText, from start: Int = 0) -> Int? {
    guard part.count <= count, start <= count - part.count else { return nil }
    guard part.count > Self.shortPart else {
      return (start...(count - part.count)).first { matches(part, at: $0) }
    }
    let borders = part.borders
    var matched = 0
    for index in start..<count {
      while matched > 0, scalars[index] != part.scalars[matched] { matched = borders[matched - 1] }
      if scalars[index] == part.scalars[matched] { matched += 1 }
      if matched == part.count { return index + 1 - matched }
    }
    return nil
  }

  /// For each beginning the length of its longest end that is a beginning too, itself apart.
  private var borders: [Int] {
    var borders = [0]
    borders.reserveCapacity(count)
    var length = 0
    for index in 1..<count {
      while length > 0, scalars[index] != scalars[length] { length = borders[length - 1] }
      if scalars[index] == scalars[length] { length += 1 }
      borders.append(length)
    }
    return borders
  }

  /// The last place of `part`.
  package func findLast(_ part: JinjaText) -> Int? {
    guard part.count <= count else { return nil }
    guard part.count > Self.shortPart else {
      return (0...(count - part.count)).last { matches(part, at: $0) }
    }
    return JinjaText(scalars.reversed()).find(JinjaText(part.scalars.reversed())).map {
      count - part.count - $0
    }
  }

  func hasPrefix(_ part: JinjaText) -> Bool { matches(part, at: 0) }
  func hasSuffix(_ part: JinjaText) -> Bool { matches(part, at: count - part.count) }
}

// MARK: Python's methods

extension JinjaText {
  /// `strip`, `lstrip`, `rstrip`: without the given scalars (white space by default) at the ends.
  func stripped(_ set: JinjaText? = nil, left: Bool = true, right: Bool = true) -> JinjaText {
    func isGone(_ scalar: Unicode.Scalar) -> Bool {
      set.map { $0.scalars.contains(scalar) } ?? Self.isSpace(scalar)
    }
    var (low, high) = (0, count)
    if left { while low < high, isGone(scalars[low]) { low += 1 } }
    if right { while low < high, isGone(scalars[high - 1]) { high -= 1 } }
    return JinjaText(scalars[low..<high])
  }

  /// `replace`: an empty `old` stands before every scalar and at the end.
  func replacing(_ old: JinjaText, with new: JinjaText, limit: Int = .max) -> JinjaText {
    var out: [Unicode.Scalar] = []
    var (index, done) = (0, 0)
    while done < limit, let place = find(old, from: index) {
      out += scalars[index..<place]
      out += new.scalars
      done += 1
      index = place + old.count
      guard old.isEmpty else { continue }
      if index == count { break }
      out.append(scalars[index])
      index += 1
    }
    return JinjaText(out + scalars[index...])
  }

  /// `split(separator, limit)`.
  func split(_ separator: JinjaText, limit: Int = .max) -> [JinjaText] {
    var (parts, start) = ([JinjaText](), 0)
    while parts.count < limit, let at = find(separator, from: start) {
      parts.append(JinjaText(scalars[start..<at]))
      start = at + separator.count
    }
    return parts + [JinjaText(scalars[start...])]
  }

  /// `rsplit(separator, limit)`.
  func splitFromEnd(_ separator: JinjaText, limit: Int) -> [JinjaText] {
    let parts = JinjaText(scalars.reversed()).split(JinjaText(separator.scalars.reversed()), limit: limit)
    return parts.reversed().map { JinjaText($0.scalars.reversed()) }
  }

  /// `split()`: at runs of white space, without empty parts.
  func splitAtSpace(limit: Int = .max) -> [JinjaText] {
    var parts: [JinjaText] = []
    var index = 0
    while true {
      while index < count, Self.isSpace(scalars[index]) { index += 1 }
      guard index < count else { return parts }
      if parts.count == limit { return parts + [JinjaText(scalars[index...]).stripped(left: false)] }
      let start = index
      while index < count, !Self.isSpace(scalars[index]) { index += 1 }
      parts.append(JinjaText(scalars[start..<index]))
    }
  }

  /// `splitlines()`.
  func lines(keepingEnds: Bool = false) -> [JinjaText] {
    var lines: [JinjaText] = []
    var (start, index) = (0, 0)
    while index < count {
      switch scalars[index].value {
      case 0x0A...0x0D, 0x1C...0x1E, 0x85, 0x2028, 0x2029:
        let end = index
        if scalars[index] == "\r", index + 1 < count, scalars[index + 1] == "\n" { index += 1 }
        lines.append(JinjaText(scalars[start..<(keepingEnds ? index + 1 : end)]))
        start = index + 1
      default: break
      }
      index += 1
    }
    if start < count { lines.append(JinjaText(scalars[start...])) }
    return lines
  }

  func joined(_ parts: [JinjaText]) -> JinjaText {
    var out: [Unicode.Scalar] = []
    for (index, part) in parts.enumerated() {
      if index > 0 { out += scalars }
      out += part.scalars
    }
    return JinjaText(out)
  }
}
