/// The marks in a turn's text where pictures are shown.
enum ImageMarks {
  static let mark = "<image>"

  /// How many there are.
  static func count(in text: String) -> Int { pieces(of: text).count - 1 }

  /// The text between them, one piece more than marks.
  static func pieces(of text: String) -> [String] { pieces(of: text, between: [mark]) }

  /// The text between any of several marks; where two begin at one place, the one that stands first in the list counts.
  static func pieces(of text: String, between marks: [String]) -> [String] {
    let (bytes, marks) = (Array(text.utf8), marks.map { Array($0.utf8) }.filter { !$0.isEmpty })
    let firsts = Set(marks.map { $0[0] })
    var pieces: [String] = []
    var (start, index) = (0, 0)
    while index < bytes.count {
      guard firsts.contains(bytes[index]), let mark = marks.first(where: { bytes[index...].starts(with: $0) })
      else {
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
