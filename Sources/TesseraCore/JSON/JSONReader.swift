private import Foundation

/// Reads JSON from bytes that stay where they are: strict (RFC 8259), with the byte at which it is wrong.
///
/// Foundation's decoder reads a document into one tree; records are read one at a time out of files of any size,
/// and errors count from the file's start. So this reader knows where it stands.
package struct JSONReader {
  private let bytes: UnsafeRawBufferPointer
  /// Where the bytes lie in their file.
  private let base: Int
  package private(set) var position = 0
  private var depth = 0

  /// Arrays and objects inside of each other beyond this are refused: each costs stack.
  package static let depthLimit = 128

  package init(_ bytes: UnsafeRawBufferPointer, base: Int = 0) {
    self.bytes = bytes
    self.base = base
  }

  /// Reads bytes that hold one value and nothing else.
  ///
  /// - Throws: `corrupt` with the place, or `truncated`.
  package static func read(_ bytes: [UInt8], base: Int = 0) throws -> JSONValue {
    try bytes.withUnsafeBytes { bytes in
      var reader = JSONReader(bytes, base: base)
      return try reader.document()
    }
  }

  package mutating func document() throws -> JSONValue {
    let value = try value()
    skipSpace()
    if position < bytes.count { throw wrong("the end") }
    return value
  }

  /// Calls `body` with the name and the place of each member of an object. Values that `body` does not read are
  /// not checked.
  package static func forEachMember(
    of bytes: UnsafeRawBufferPointer, base: Int = 0,
    _ body: (_ name: String, _ value: UnsafeRawBufferPointer, _ base: Int) throws -> Void
  ) throws {
    var reader = JSONReader(bytes, base: base)
    reader.skipSpace()
    guard reader.peek == UInt8(ascii: "{") else { throw reader.wrong("an object") }
    try reader.list(closing: UInt8(ascii: "}")) { reader in
      let name = try reader.name()
      reader.skipSpace()
      let start = reader.position
      try reader.skipValue()
      let value = UnsafeRawBufferPointer(rebasing: bytes[start..<reader.position])
      try body(name, value, base + start)
    }
  }

  // MARK: values

  package mutating func value() throws -> JSONValue {
    skipSpace()
    guard let byte = peek else { throw truncated }
    switch byte {
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "{"):
      var members: [(name: String, value: JSONValue)] = []
      try list(closing: UInt8(ascii: "}")) { reader in
        let name = try reader.name()
        members.append((name, try reader.value()))
      }
      return .object(members)
    case UInt8(ascii: "["):
      var values: [JSONValue] = []
      try list(closing: UInt8(ascii: "]")) { values.append(try $0.value()) }
      return .array(values)
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  /// The items between brackets, with commas between them.
  private mutating func list(
    closing end: UInt8, _ item: (inout JSONReader) throws -> Void
  ) throws {
    position += 1
    depth += 1
    guard depth <= Self.depthLimit else {
      throw TesseraError(
        .limitExceeded(what: "arrays and objects inside of each other", limit: Self.depthLimit, found: depth))
    }
    defer { depth -= 1 }
    skipSpace()
    if peek == end {
      position += 1
      return
    }
    while true {
      try item(&self)
      skipSpace()
      guard let byte = peek else { throw truncated }
      guard byte == UInt8(ascii: ",") || byte == end else { throw wrong("',' or '\(Self.text(end))'") }
      position += 1
      if byte == end { return }
    }
  }

  private mutating func name() throws -> String {
    skipSpace()
    guard let byte = peek else { throw truncated }
    guard byte == UInt8(ascii: "\"") else { throw wrong("a name in quotes") }
    let name = try string()
    skipSpace()
    guard let byte = peek else { throw truncated }
    guard byte == UInt8(ascii: ":") else { throw wrong("':'") }
    position += 1
    return name
  }

  private mutating func word(_ text: StaticString, _ value: JSONValue) throws -> JSONValue {
    let rest = bytes.count - position
    let length = text.utf8CodeUnitCount
    for offset in 0..<min(length, rest) where bytes[position + offset] != text.utf8Start[offset] {
      throw wrong("a value")
    }
    if rest < length { throw truncated }
    position += length
    return value
  }

  private mutating func number() throws -> JSONValue {
    let start = position
    if peek == UInt8(ascii: "-") { position += 1 }
    let first = peek
    let digits = skipDigits()
    guard digits > 0 else { throw start == position ? wrong("a value") : unfinished("a digit") }
    if digits > 1 && first == UInt8(ascii: "0") {
      position = start
      throw wrong("a number without leading zeros")
    }
    var isWhole = true
    if peek == UInt8(ascii: ".") {
      isWhole = false
      position += 1
      guard skipDigits() > 0 else { throw unfinished("a digit") }
    }
    if peek.map({ $0 | 0x20 }) == UInt8(ascii: "e") {
      isWhole = false
      position += 1
      if peek == UInt8(ascii: "+") || peek == UInt8(ascii: "-") { position += 1 }
      guard skipDigits() > 0 else { throw unfinished("a digit") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let value = Int(text) { return .int(value) }
    guard let value = Double(text), value.isFinite else {
      position = start
      throw wrong("a number that a Double holds")
    }
    return .double(value)
  }

  private mutating func skipDigits() -> Int {
    let start = position
    while let byte = peek, byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") { position += 1 }
    return position - start
  }

  // MARK: skipping

  /// Goes over a value by its brackets and quotes alone.
  package mutating func skipValue() throws {
    skipSpace()
    guard let first = peek else { throw truncated }
    if first == UInt8(ascii: "\"") { return try skipString() }
    guard first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else {
      while let byte = peek, !Self.endsScalar(byte) { position += 1 }
      return
    }
    var depth = 0
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        try skipString()
        continue
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      position += 1
      if depth == 0 { return }
    }
    throw truncated
  }

  private mutating func skipString() throws {
    position += 1
    while let byte = peek {
      position += byte == UInt8(ascii: "\\") ? 2 : 1
      if byte == UInt8(ascii: "\"") { return }
    }
    position = bytes.count
    throw truncated
  }

  /// Whether a byte ends a number or a word.
  package static func endsScalar(_ byte: UInt8) -> Bool {
    isSpace(byte) || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "]") || byte == UInt8(ascii: "}")
      || byte == UInt8(ascii: ":")
  }

  package static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
  }

  package mutating func skipSpace() {
    while let byte = peek, Self.isSpace(byte) { position += 1 }
  }

  package var peek: UInt8? { position < bytes.count ? bytes[position] : nil }
}

// MARK: strings and errors

extension JSONReader {
  /// Reads a string from its opening quote on.
  package mutating func string() throws -> String {
    let start = position
    position += 1
    let first = position
    while let byte = peek, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    guard let byte = peek else { throw truncated }
    if byte == UInt8(ascii: "\"") {
      let text = String(validating: bytes[first..<position], as: UTF8.self)
      position += 1
      guard let text else { throw notUTF8(start) }
      return text
    }
    var text = Array(bytes[first..<position])
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let result = String(validating: text, as: UTF8.self) else { throw notUTF8(start) }
        return result
      case UInt8(ascii: "\\"): try escape(into: &text)
      case ..<0x20: throw wrong("no control character in a string")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw truncated
  }

  private mutating func escape(into text: inout [UInt8]) throws {
    position += 1
    guard let byte = peek else { throw truncated }
    let plain: [UInt8: UInt8] = [
      UInt8(ascii: "\""): 0x22, UInt8(ascii: "\\"): 0x5C, UInt8(ascii: "/"): 0x2F, UInt8(ascii: "b"): 8,
      UInt8(ascii: "f"): 12, UInt8(ascii: "n"): 10, UInt8(ascii: "r"): 13, UInt8(ascii: "t"): 9,
    ]
    if let value = plain[byte] {
      text.append(value)
      position += 1
      return
    }
    guard byte == UInt8(ascii: "u") else { throw wrong("an escape like \\n or \\u00E9") }
    position += 1
    var unit = try hexadecimal()
    if unit & 0xFC00 == 0xD800 {
      // The lower half of a pair must follow; half a character is none.
      guard peek == UInt8(ascii: "\\"), position + 1 < bytes.count, bytes[position + 1] == UInt8(ascii: "u")
      else { throw unfinished("the second half of a surrogate pair") }
      position += 2
      let low = try hexadecimal()
      guard low & 0xFC00 == 0xDC00 else { throw wrong("the second half of a surrogate pair") }
      unit = 0x10000 + (unit & 0x3FF) << 10 + low & 0x3FF
    }
    guard let scalar = Unicode.Scalar(unit) else { throw wrong("the first half of a surrogate pair") }
    text.append(contentsOf: UTF8.encode(scalar)!)
  }

  private mutating func hexadecimal() throws -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = peek else { throw truncated }
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw wrong("four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
      position += 1
    }
    return value
  }

  private func notUTF8(_ start: Int) -> TesseraError {
    TesseraError(.corrupt(format: "JSON", detail: "the string at byte \(base + start) is not UTF-8"))
  }

  /// Something else stands here than what was expected.
  package func wrong(_ expected: String) -> TesseraError {
    guard let byte = peek else { return truncated }
    return TesseraError(
      .corrupt(
        format: "JSON", detail: "expected \(expected) at byte \(base + position), found \(Self.text(byte))"))
  }

  private func unfinished(_ expected: String) -> TesseraError { wrong(expected) }

  /// The bytes end inside of a value.
  private var truncated: TesseraError {
    TesseraError(.truncated(format: "JSON", expected: nil, got: base + bytes.count, unit: "bytes"))
  }

  /// A byte as a message shows it.
  package static func text(_ byte: UInt8) -> String {
    if byte > 0x20 && byte < 0x7F { return String(Unicode.Scalar(byte)) }
    let digits = String(byte, radix: 16, uppercase: true)
    return "byte 0x" + (digits.count < 2 ? "0" : "") + digits
  }
}
