/// The records of an extended header (PAX) that decide what its member is.
struct PaxRecords {
  var path: [UInt8]?
  var size: Int?
  /// A file with holes in one of GNU's three PAX forms.
  var isSparse = false

  /// Reads records `LENGTH KEY=VALUE\n`, where LENGTH counts the whole record; nil if they break that form.
  init?(_ bytes: [UInt8]) {
    var rest = bytes[...]
    while let first = rest.first, first != 0 {
      guard let space = rest.firstIndex(of: UInt8(ascii: " ")),
        let length = Self.decimal(rest[..<space]), length <= rest.count, length > space - rest.startIndex + 1,
        rest[rest.startIndex + length - 1] == UInt8(ascii: "\n")
      else { return nil }
      let record = rest[(space + 1)..<(rest.startIndex + length - 1)]
      guard let equals = record.firstIndex(of: UInt8(ascii: "=")) else { return nil }
      let key = String(decoding: record[..<equals], as: UTF8.self)
      let value = record[(equals + 1)...]
      switch key {
      case "path": path = Array(value)
      case "size":
        guard let number = Self.decimal(value) else { return nil }
        size = number
      default: if key.hasPrefix("GNU.sparse.") { isSparse = true }
      }
      rest = rest[(rest.startIndex + length)...]
    }
  }

  init() {}

  private static func decimal(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.count <= 19 else { return nil }
    return Int(String(decoding: digits, as: UTF8.self))
  }

  /// One record, its own length included.
  static func encoded(_ key: String, _ value: [UInt8]) -> [UInt8] {
    let body = Array(" \(key)=".utf8) + value + [UInt8(ascii: "\n")]
    var length = body.count + 1
    // The length's own digits count: a second look is enough, as more digits add at most one.
    while String(length).utf8.count + body.count != length { length = String(length).utf8.count + body.count }
    return Array(String(length).utf8) + body
  }
}
