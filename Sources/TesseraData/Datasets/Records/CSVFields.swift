internal import TesseraCore

/// The fields of one CSV record (RFC 4180): in quotes or not, a quote in quotes doubled.
///
/// A quote inside of a field that does not start with one is an ordinary character, as in Python's csv.
struct CSVFields {
  /// Where each field's text lies in the record, without its outer quotes.
  private(set) var places: [Range<Int>] = []
  /// Whether the field's text has doubled quotes.
  private var isDoubled: [Bool] = []
  private let bytes: UnsafeRawBufferPointer

  /// - Parameter bytes: a record without its line end (a return before it may stand there).
  /// - Throws: `corrupt` for a quote that is never closed, or text behind a closing quote.
  init(_ bytes: UnsafeRawBufferPointer, delimiter: UInt8) throws {
    self.bytes = bytes
    let quote = UInt8(ascii: "\"")
    var end = bytes.count
    if end > 0 && bytes[end - 1] == UInt8(ascii: "\r") { end -= 1 }
    var index = 0
    while true {
      if index < end && bytes[index] == quote {
        index = try quotedField(from: index + 1, end: end)
        guard index == end || bytes[index] == delimiter else {
          throw Self.fault(
            "field \(places.count): expected '\(JSONReader.text(delimiter))' behind the closing quote, "
              + "found '\(JSONReader.text(bytes[index]))'")
        }
      } else {
        let start = index
        while index < end && bytes[index] != delimiter { index += 1 }
        places.append(start..<index)
        isDoubled.append(false)
      }
      if index == end { return }
      index += 1
    }
  }

  private mutating func quotedField(from start: Int, end: Int) throws -> Int {
    let quote = UInt8(ascii: "\"")
    var index = start
    var doubled = false
    while index < end {
      if bytes[index] == quote {
        guard index + 1 < end, bytes[index + 1] == quote else {
          places.append(start..<index)
          isDoubled.append(doubled)
          return index + 1
        }
        doubled = true
        index += 1
      }
      index += 1
    }
    throw Self.fault("field \(places.count + 1): the quote is never closed")
  }

  private static func fault(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "CSV", detail: detail))
  }

  var count: Int { places.count }

  /// The text of a field.
  ///
  /// - Throws: `corrupt` if it is not UTF-8.
  func text(_ field: Int) throws -> String {
    let raw = bytes[places[field]]
    var text: String?
    if isDoubled[field] {
      var plain: [UInt8] = []
      plain.reserveCapacity(raw.count)
      var index = raw.startIndex
      while index < raw.endIndex {
        plain.append(raw[index])
        index += raw[index] == UInt8(ascii: "\"") ? 2 : 1
      }
      text = String(validating: plain, as: UTF8.self)
    } else {
      text = String(validating: raw, as: UTF8.self)
    }
    guard let text else { throw Self.fault("field \(field + 1) is not UTF-8") }
    return text
  }
}
