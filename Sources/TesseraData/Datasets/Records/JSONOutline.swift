package import TesseraCore

/// Where the elements of a large JSON file lie: those of an array at the top, or of the arrays that an object at
/// the top has as members. Found in one pass over chunks; nothing but places is kept.
///
/// The pass follows brackets, quotes and commas alone; an element's own grammar is checked when it is read.
package struct JSONOutline {
  /// The elements of each array, by its member's name; those of an array at the top under `""`.
  package private(set) var arrays: [String: SpanTable] = [:]
  /// Members of the object at the top that are no arrays.
  package private(set) var members: [String: Range<Int>] = [:]
  /// Why the outline ends before the file's proper end; the elements before it are there.
  package private(set) var fault: TesseraError?

  private enum State {
    case root, firstElement, element, afterElement, firstName, name, inName, colon, member, afterMember
    case string, scalar, container, containerString, done, broken
  }

  private let size: Int
  private var state = State.root
  private var isEscaped = false
  private var depth = 0
  private var start = 0
  private var key: [UInt8] = []
  /// The array whose elements are being met; nil between members.
  private var current: SpanTable?
  private var rootIsArray = false

  /// Outlines a whole file.
  ///
  /// - Throws: `io`; a file that is no JSON, or breaks off, is a `fault` and no error.
  package init(_ file: RecordFile) throws {
    size = file.size
    try file.forEachChunk { chunk, offset in
      scan(chunk, at: offset)
      return state != .broken
    }
    finish()
  }

  private mutating func scan(_ chunk: UnsafeRawBufferPointer, at offset: Int) {
    var index = 0
    while index < chunk.count {
      switch state {
      case .container, .containerString: index = skimContainer(chunk, from: index, offset)
      case .string, .inName: index = skimString(chunk, from: index, offset)
      case .broken: return
      default:
        step(chunk[index], at: offset + index)
        index += 1
      }
    }
  }

  /// The inside of an element: only brackets and quotes matter.
  private mutating func skimContainer(_ chunk: UnsafeRawBufferPointer, from first: Int, _ offset: Int) -> Int
  {
    var index = first
    var isString = state == .containerString
    var (escaped, depth) = (isEscaped, self.depth)
    while index < chunk.count && depth > 0 {
      let byte = chunk[index]
      index += 1
      if isString {
        if escaped {
          escaped = false
        } else if byte == UInt8(ascii: "\\") {
          escaped = true
        } else if byte == UInt8(ascii: "\"") {
          isString = false
        }
      } else if byte == UInt8(ascii: "\"") {
        isString = true
      } else if byte == UInt8(ascii: "{") || byte == UInt8(ascii: "[") {
        depth += 1
      } else if byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]") {
        depth -= 1
      }
    }
    (isEscaped, self.depth) = (escaped, depth)
    state = isString ? .containerString : .container
    if depth == 0 { endValue(at: offset + index) }
    return index
  }

  private mutating func skimString(_ chunk: UnsafeRawBufferPointer, from first: Int, _ offset: Int) -> Int {
    for index in first..<chunk.count {
      let byte = chunk[index]
      if state == .inName { key.append(byte) }
      if isEscaped {
        isEscaped = false
      } else if byte == UInt8(ascii: "\\") {
        isEscaped = true
      } else if byte == UInt8(ascii: "\"") {
        if state == .inName { state = .colon } else { endValue(at: offset + index + 1) }
        return index + 1
      }
    }
    return chunk.count
  }

  private mutating func step(_ byte: UInt8, at place: Int) {
    if state == .scalar {
      guard JSONReader.endsScalar(byte) else { return }
      endValue(at: place)
    }
    if JSONReader.isSpace(byte) { return }
    switch (state, byte) {
    // A byte order mark.
    case (.root, 0xEF) where place == 0, (.root, 0xBB) where place == 1, (.root, 0xBF) where place == 2: break
    case (.root, UInt8(ascii: "[")):
      rootIsArray = true
      current = SpanTable(size: size)
      state = .firstElement
    case (.root, UInt8(ascii: "{")): state = .firstName
    case (.firstElement, UInt8(ascii: "]")), (.afterElement, UInt8(ascii: "]")): endArray()
    case (.afterElement, UInt8(ascii: ",")): state = .element
    case (.firstElement, _), (.element, _): beginValue(byte, at: place)
    case (.firstName, UInt8(ascii: "}")), (.afterMember, UInt8(ascii: "}")): state = .done
    case (.afterMember, UInt8(ascii: ",")): state = .name
    case (.firstName, UInt8(ascii: "\"")), (.name, UInt8(ascii: "\"")):
      key = [byte]
      state = .inName
    case (.colon, UInt8(ascii: ":")): state = .member
    case (.member, UInt8(ascii: "[")):
      current = SpanTable(size: size)
      state = .firstElement
    case (.member, _): beginValue(byte, at: place)
    default: breakOff(byte, at: place)
    }
  }

  private mutating func beginValue(_ byte: UInt8, at place: Int) {
    start = place
    switch byte {
    case UInt8(ascii: "\""): state = .string
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      depth = 1
      state = .container
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "t"), UInt8(ascii: "f"),
      UInt8(ascii: "n"):
      state = .scalar
    default: breakOff(byte, at: place)
    }
  }

  private mutating func endValue(at end: Int) {
    if current != nil {
      current?.append(start..<end)
      state = .afterElement
    } else {
      members[keyText] = start..<end
      state = .afterMember
    }
  }

  private mutating func endArray() {
    arrays[rootIsArray ? "" : keyText] = current
    current = nil
    state = rootIsArray ? .done : .afterMember
  }

  /// The name as a string; one that cannot be read matches no name that is looked for.
  private var keyText: String {
    do {
      guard case .string(let text) = try JSONReader.read(key) else { return "" }
      return text
    } catch { return String(decoding: key, as: UTF8.self) }
  }

  private mutating func breakOff(_ byte: UInt8, at place: Int) {
    let expected =
      switch state {
      case .root: "'[' or '{'"
      case .afterElement: "',' or ']'"
      case .firstName, .name: "a name in quotes"
      case .colon: "':'"
      case .afterMember: "',' or '}'"
      case .done: "the end"
      default: "a value"
      }
    fault = TesseraError(
      .corrupt(
        format: "JSON", detail: "expected \(expected) at byte \(place), found \(JSONReader.text(byte))"))
    state = .broken
    keepCurrent()
  }

  private mutating func finish() {
    guard state != .done && state != .broken else { return }
    fault = TesseraError(.truncated(format: "JSON", expected: nil, got: size, unit: "bytes"))
    keepCurrent()
  }

  /// What an array had before the file broke off.
  private mutating func keepCurrent() {
    if let current { arrays[rootIsArray ? "" : keyText] = current }
    current = nil
  }
}
