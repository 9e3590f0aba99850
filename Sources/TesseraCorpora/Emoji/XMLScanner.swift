internal import TesseraCore

/// Reads XML event by event: elements, attributes, text. Strict, and as much as data files use.
///
/// Understood are the declaration, comments, CDATA, `<!DOCTYPE …>` without an internal subset, the five named entities and
/// characters by number. Names must close as they opened, and one element holds all.
struct XMLScanner {
  /// What comes next in a document.
  enum Event: Equatable {
    case start(String, attributes: [String: String])
    case end(String)
    case text(String)
  }

  /// The deepest nesting.
  private static let depthLimit = 256

  private let bytes: [UInt8]
  private var place = 0
  private var open: [String] = []
  private var hasRoot = false
  /// An empty element's end, after its start.
  private var pending: Event?

  /// - Throws: `corrupt` for bytes that are not UTF-8.
  init(_ bytes: [UInt8]) throws {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw TesseraError(.corrupt(format: "XML", detail: "it is not UTF-8"))
    }
    self.bytes = bytes
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { place = 3 }
  }

  /// The next event; nil at the end of the document.
  mutating func next() throws -> Event? {
    if let event = pending {
      pending = nil
      return event
    }
    while place < bytes.count {
      if skip("<!--") {
        try skipPast("-->", "a comment")
      } else if skip("<?") {
        try skipPast("?>", "an instruction")
      } else if skip("<![CDATA[") {
        let start = place
        try skipPast("]]>", "CDATA")
        return .text(try inside(String(decoding: bytes[start..<place - 3], as: UTF8.self)))
      } else if skip("<!DOCTYPE") {
        try skipDoctype()
      } else if skip("</") {
        return try end()
      } else if skip("<") {
        return try start()
      } else if let text = try text() {
        return text
      }
    }
    guard open.isEmpty, hasRoot else {
      throw fault(open.last.map { "it ends inside of <\($0)>" } ?? "it has no element")
    }
    return nil
  }

  // MARK: parts

  private mutating func start() throws -> Event {
    let name = try self.name()
    guard !open.isEmpty || !hasRoot else { throw fault("<\(name)> follows the document's element") }
    guard open.count < Self.depthLimit else {
      throw TesseraError(
        .limitExceeded(what: "nested XML elements", limit: Self.depthLimit, found: open.count + 1))
    }
    hasRoot = true
    var attributes: [String: String] = [:]
    while true {
      let hasSpace = skipSpaces()
      if skip("/>") {
        pending = .end(name)
        return .start(name, attributes: attributes)
      }
      if skip(">") {
        open.append(name)
        return .start(name, attributes: attributes)
      }
      guard hasSpace else { throw fault("<\(name) must be followed by a space, '>' or '/>'") }
      let (key, value) = try attribute()
      guard attributes.updateValue(value, forKey: key) == nil else {
        throw fault("<\(name)> has the attribute \(key) twice")
      }
    }
  }

  private mutating func attribute() throws -> (String, String) {
    let key = try name()
    skipSpaces()
    guard skip("=") else { throw fault("the attribute \(key) has no '='") }
    skipSpaces()
    guard place < bytes.count, bytes[place] == UInt8(ascii: "\"") || bytes[place] == UInt8(ascii: "'") else {
      throw fault("the attribute \(key) has no quotes")
    }
    let quote = bytes[place]
    place += 1
    let start = place
    while place < bytes.count, bytes[place] != quote, bytes[place] != UInt8(ascii: "<") { place += 1 }
    guard place < bytes.count, bytes[place] == quote else { throw fault("the attribute \(key) does not end") }
    let value = try unescaped(bytes[start..<place])
    place += 1
    return (key, value)
  }

  private mutating func end() throws -> Event {
    let name = try self.name()
    skipSpaces()
    guard skip(">") else { throw fault("</\(name) does not end in '>'") }
    guard open.last == name else { throw fault("</\(name)> closes <\(open.last ?? "nothing")>") }
    open.removeLast()
    return .end(name)
  }

  /// Text up to the next tag; nil for white space outside of the document's element.
  private mutating func text() throws -> Event? {
    let start = place
    while place < bytes.count, bytes[place] != UInt8(ascii: "<") { place += 1 }
    let text = try unescaped(bytes[start..<place])
    if open.isEmpty && text.allSatisfy(\.isWhitespace) { return nil }
    return .text(try inside(text))
  }

  private func inside(_ text: String) throws -> String {
    guard !open.isEmpty else { throw fault("text outside of the document's element") }
    return text
  }

  private mutating func skipDoctype() throws {
    while place < bytes.count, bytes[place] != UInt8(ascii: ">") {
      guard bytes[place] != UInt8(ascii: "[") else {
        throw TesseraError(
          .unsupported(format: "XML", feature: "a document type with declarations of its own"))
      }
      place += 1
    }
    guard skip(">") else { throw fault("the document type does not end") }
  }

  // MARK: characters

  private func fault(_ detail: String) -> TesseraError {
    let line = bytes[..<min(place, bytes.count)].count { $0 == UInt8(ascii: "\n") } + 1
    return TesseraError(.corrupt(format: "XML", detail: "line \(line): \(detail)"))
  }

  private mutating func skip(_ text: StaticString) -> Bool {
    let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes[place...].starts(with: wanted) else { return false }
    place += wanted.count
    return true
  }

  private mutating func skipPast(_ text: StaticString, _ what: String) throws {
    while place < bytes.count {
      if skip(text) { return }
      place += 1
    }
    throw fault("\(what) does not end")
  }

  @discardableResult private mutating func skipSpaces() -> Bool {
    let start = place
    while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
    return place > start
  }

  /// A name: letters, digits, `_`, `:`, `-`, `.`, and anything beyond ASCII.
  private mutating func name() throws -> String {
    let start = place
    while place < bytes.count {
      let byte = bytes[place]
      let isInside =
        byte >= 0x80 || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ":") || Self.isLetter(byte)
      let isLater = byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || (0x30...0x39).contains(byte)
      guard isInside || (place > start && isLater) else { break }
      place += 1
    }
    guard place > start else { throw fault("a name must stand here") }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

  /// The text with its entities resolved.
  private func unescaped(_ slice: ArraySlice<UInt8>) throws -> String {
    guard slice.contains(UInt8(ascii: "&")) else { return String(decoding: slice, as: UTF8.self) }
    var text = ""
    var rest = slice
    while let mark = rest.firstIndex(of: UInt8(ascii: "&")) {
      text += String(decoding: rest[..<mark], as: UTF8.self)
      guard let end = rest[mark...].prefix(12).firstIndex(of: UInt8(ascii: ";")) else {
        throw fault("an '&' that is no entity")
      }
      text.unicodeScalars.append(try entity(String(decoding: rest[(mark + 1)..<end], as: UTF8.self)))
      rest = rest[(end + 1)...]
    }
    return text + String(decoding: rest, as: UTF8.self)
  }

  private func entity(_ name: String) throws -> Unicode.Scalar {
    let named: [String: Unicode.Scalar] = ["amp": "&", "lt": "<", "gt": ">", "quot": "\"", "apos": "'"]
    if let scalar = named[name] { return scalar }
    let value =
      name.hasPrefix("#x")
      ? UInt32(name.dropFirst(2), radix: 16) : name.hasPrefix("#") ? UInt32(name.dropFirst()) : nil
    guard let value, value != 0, let scalar = Unicode.Scalar(value) else {
      throw fault("the entity &\(name); is unknown")
    }
    return scalar
  }
}
