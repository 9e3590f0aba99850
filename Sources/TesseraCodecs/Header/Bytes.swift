/// Reading numbers out of bytes, each access checked: an index beyond the end reads `nil`.
extension Array where Element == UInt8 {
  func big16(_ at: Int) -> Int? {
    guard at >= 0, at + 2 <= count else { return nil }
    return Int(self[at]) << 8 | Int(self[at + 1])
  }

  func big32(_ at: Int) -> Int? {
    guard let high = big16(at), let low = big16(at + 2) else { return nil }
    return high << 16 | low
  }

  func little16(_ at: Int) -> Int? {
    guard at >= 0, at + 2 <= count else { return nil }
    return Int(self[at]) | Int(self[at + 1]) << 8
  }

  func little24(_ at: Int) -> Int? {
    guard let low = little16(at), at + 3 <= count else { return nil }
    return low | Int(self[at + 2]) << 16
  }

  func little32(_ at: Int) -> Int? {
    guard let low = little16(at), let high = little16(at + 2) else { return nil }
    return high << 16 | low
  }

  /// Whether the bytes from `at` on begin with `text`.
  func has(_ text: StaticString, at: Int = 0) -> Bool {
    text.withUTF8Buffer { at >= 0 && at + $0.count <= count && self[at..<at + $0.count].elementsEqual($0) }
  }

  /// Where `needle` first occurs at or after `start`.
  func firstRange(of needle: [UInt8], from start: Int = 0) -> Range<Int>? {
    guard let first = needle.first, count >= needle.count else { return nil }
    var at = start
    while at <= count - needle.count {
      guard let found = self[at...(count - needle.count)].firstIndex(of: first) else { return nil }
      if self[found..<found + needle.count].elementsEqual(needle) { return found..<found + needle.count }
      at = found + 1
    }
    return nil
  }
}
