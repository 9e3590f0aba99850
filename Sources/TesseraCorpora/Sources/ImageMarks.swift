/// The marks in a turn's text where pictures are shown.
enum ImageMarks {
  static let mark = "<image>"

  /// How many there are.
  static func count(in text: String) -> Int { pieces(of: text).count - 1 }

  /// The text between them, one piece more than marks.
  static func pieces(of text: String) -> [String] {
    let (bytes, mark) = (Array(text.utf8), Array(mark.utf8))
    var pieces: [String] = []
    var (start, index) = (0, 0)
    while index < bytes.count {
      guard bytes[index] == mark[0], bytes[index...].starts(with: mark) else {
        index += 1
        continue
      }
      pieces.append(String(decoding: bytes[start..<index], as: UTF8.self))
      index += mark.count
      start = index
    }
    return pieces + [String(decoding: bytes[start...], as: UTF8.self)]
  }
}
