/// Reads a pipeline's text into steps, each with its place.
///
///     pipeline := step { "|" step }
///     step     := name [ "(" [ argument { "," argument } ] ")" ]
///     argument := [ name ":" ] value
///     value    := number [ "..." number ] | "true" | "false" | "none" | word | string
///               | "[" [ value { "," value } ] "]" | step with parentheses
///
/// White space and line ends may stand anywhere between; `#` begins a comment up to the line's end.
struct PipelineParser {
  private let source: [Unicode.Scalar]
  private var at = 0
  private var line: Int
  private var lineStart = 0
  private let firstColumn: Int

  /// - Parameter origin: where the text stands in a larger source (a scalar inside of a YAML file).
  init(_ text: String, origin: SourceLocation = SourceLocation(line: 1, column: 1)) {
    source = Array(text.unicodeScalars)
    line = origin.line
    firstColumn = origin.column
    lineStart = 0
    originLine = origin.line
  }
  private let originLine: Int
  private var depth = 0

  /// Lists and steps inside of each other beyond this are refused: each costs stack.
  static let depthLimit = 64

  /// All steps up to the end of the text.
  static func steps(_ text: String) throws -> [StepNode] {
    var parser = PipelineParser(text)
    var steps: [StepNode] = []
    parser.skipSpace()
    repeat { steps.append(try parser.step()) } while parser.take("|")
    guard parser.isAtEnd else {
      throw parser.fault("expected '|' or the end, got '\(parser.source[parser.at])'")
    }
    return steps
  }

  /// The text as one value, or nil if it is not one.
  static func value(_ text: String, origin: SourceLocation) -> ArgumentNode? {
    var parser = PipelineParser(text, origin: origin)
    parser.skipSpace()
    guard let node = try? parser.value(), parser.isAtEnd else { return nil }
    return node
  }

  // MARK: grammar

  private mutating func step() throws -> StepNode {
    let location = here
    guard let name = word() else {
      throw fault(isAtEnd ? "expected a transform, got the end" : "expected a transform, got '\(source[at])'")
    }
    return StepNode(name: name, arguments: try argumentsIfAny(), location: location)
  }

  private mutating func argumentsIfAny() throws -> [StepNode.Argument] {
    guard take("(") else { return [] }
    var arguments: [StepNode.Argument] = []
    var hasNamed = false
    if take(")") { return [] }
    repeat {
      let location = here
      let start = (at, line, lineStart)
      if let name = word(), take(":") {
        arguments.append(.init(name: name, value: try value(), location: location))
        hasNamed = true
      } else {
        (at, line, lineStart) = start
        if hasNamed { throw fault("a value without a name cannot follow one with a name") }
        arguments.append(.init(name: nil, value: try value(), location: location))
      }
    } while take(",")
    guard take(")") else { throw fault("expected ',' or ')'" + found) }
    return arguments
  }

  private mutating func value() throws -> ArgumentNode {
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.depthLimit else { throw Self.tooDeep(at: here) }
    return try valueHere()
  }

  static func tooDeep(at location: SourceLocation) -> PipelineFault {
    PipelineFault(message: "more than \(depthLimit) lists and steps inside of each other", location: location)
  }

  private mutating func valueHere() throws -> ArgumentNode {
    let location = here
    guard !isAtEnd else { throw fault("expected a value, got the end") }
    if take("[") { return ArgumentNode(.list(try listItems()), at: location) }
    if source[at] == "\"" || source[at] == "'" { return ArgumentNode(.string(try quoted()), at: location) }
    if let number = try number() {
      guard source[at...].starts(with: "...".unicodeScalars) else {
        return ArgumentNode(number, at: location)
      }
      at += 3
      skipSpace()
      guard let upper = try self.number() else { throw fault("expected a number after '...'" + found) }
      return ArgumentNode(.range(Self.double(number), Self.double(upper)), at: location)
    }
    guard let word = word() else { throw fault("expected a value" + found) }
    if !isAtEnd && source[at] == "(" {
      return ArgumentNode(
        .step(StepNode(name: word, arguments: try argumentsIfAny(), location: location)), at: location)
    }
    switch word {
    case "true": return ArgumentNode(.bool(true), at: location)
    case "false": return ArgumentNode(.bool(false), at: location)
    case "none", "null": return ArgumentNode(.none, at: location)
    default: return ArgumentNode(.string(word), at: location)
    }
  }

  private mutating func listItems() throws -> [ArgumentNode] {
    var items: [ArgumentNode] = []
    if take("]") { return items }
    repeat { items.append(try value()) } while take(",")
    guard take("]") else { throw fault("expected ',' or ']'" + found) }
    return items
  }

  // MARK: tokens

  private mutating func word() -> String? {
    guard !isAtEnd, PipelinePrinter.isLetter(source[at]) else { return nil }
    var text = ""
    while !isAtEnd, PipelinePrinter.isWordScalar(source[at]) {
      text.unicodeScalars.append(source[at])
      at += 1
    }
    skipSpace()
    return text
  }

  private mutating func number() throws -> ArgumentNode.Kind? {
    let start = at
    var end = at
    func isDigit(_ i: Int) -> Bool { i < source.count && ("0"..."9").contains(source[i]) }
    if end < source.count, source[end] == "-" || source[end] == "+" { end += 1 }
    if end < source.count, source[end] == ".", isDigit(end + 1) {
      // `.5`
    } else if !isDigit(end) {
      return nil
    }
    while isDigit(end) { end += 1 }
    var isWhole = true
    if end < source.count, source[end] == ".", isDigit(end + 1) {
      isWhole = false
      end += 1
      while isDigit(end) { end += 1 }
    }
    if end < source.count, source[end] == "e" || source[end] == "E" {
      let sign = end + 1 < source.count && (source[end + 1] == "-" || source[end + 1] == "+") ? 1 : 0
      if isDigit(end + 1 + sign) {
        isWhole = false
        end += 1 + sign
        while isDigit(end) { end += 1 }
      }
    }
    var text = ""
    text.unicodeScalars.append(contentsOf: source[start..<end])
    if end < source.count, PipelinePrinter.isLetter(source[end]) {
      throw fault("a name or word cannot begin with a digit")
    }
    let value = Double(text) ?? .infinity
    guard value.isFinite else { throw fault("\(text) is no finite number") }
    at = end
    skipSpace()
    if isWhole, let whole = Int(text) { return .int(whole) }
    return .double(value)
  }

  private static func double(_ kind: ArgumentNode.Kind) -> Double {
    switch kind {
    case .int(let value): Double(value)
    case .double(let value): value
    default: .nan
    }
  }

  private mutating func quoted() throws -> String {
    let location = here
    let mark = source[at]
    var text = ""
    at += 1
    while !isAtEnd, source[at] != mark {
      if source[at] == "\\", at + 1 < source.count {
        at += 1
        text.unicodeScalars.append(source[at] == "n" ? "\n" : source[at])
      } else {
        text.unicodeScalars.append(source[at])
      }
      at += 1
    }
    guard !isAtEnd else { throw PipelineFault(message: "the string has no end", location: location) }
    at += 1
    skipSpace()
    return text
  }

  /// Takes `scalar` and the space after it, if it is next.
  private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
    guard !isAtEnd, source[at] == scalar else { return false }
    at += 1
    skipSpace()
    return true
  }

  private mutating func skipSpace() {
    while !isAtEnd {
      if source[at] == "\n" {
        line += 1
        lineStart = at + 1
      } else if source[at] == "#" {
        while at + 1 < source.count, source[at + 1] != "\n" { at += 1 }
      } else if !source[at].properties.isWhitespace {
        return
      }
      at += 1
    }
  }

  private var isAtEnd: Bool { at >= source.count }
  private var found: String { isAtEnd ? ", got the end" : ", got '\(source[at])'" }
  private var here: SourceLocation {
    SourceLocation(line: line, column: at - lineStart + (line == originLine ? firstColumn : 1))
  }
  private func fault(_ message: String) -> PipelineFault { PipelineFault(message: message, location: here) }
}
