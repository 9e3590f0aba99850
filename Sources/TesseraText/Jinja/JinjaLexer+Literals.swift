/// Numbers and strings.
extension JinjaLexer {
  /// `12`, `0x1F`, `1_000`, `1.5`, `2e-3`.
  mutating func number() throws {
    let start = index
    if let radix = radixPrefix() {
      index += 2
      let digits = take { Character($0).hexDigitValue.map { $0 < radix } == true || $0 == "_" }
      return add(.int(try whole(digits, radix: radix, start)), at: start)
    }
    let digits = take(Self.isDigit)
    var text = digits
    var isWhole = true
    if index + 1 < source.count, source[index] == ".", ("0"..."9").contains(source[index + 1]),
      !(start > 0 && source[start - 1] == ".")
    {
      index += 1
      text += "." + take(Self.isDigit)
      isWhole = false
    }
    if let exponent = exponentLength() {
      text += JinjaText(source[index..<(index + exponent)]).string
      index += exponent
      isWhole = false
    }
    guard isWhole else {
      guard let value = Double(text.filter { $0 != "_" }), value.isFinite else {
        throw JinjaError.wrong("\(text) is no number that a double holds", position(start))
      }
      return add(.double(value), at: start)
    }
    guard digits.first != "0" || digits.allSatisfy({ $0 == "0" || $0 == "_" }) else {
      throw JinjaError.wrong("a number with leading zeros", position(start))
    }
    add(.int(try whole(digits, radix: 10, start)), at: start)
  }

  private static func isDigit(_ scalar: Unicode.Scalar) -> Bool {
    ("0"..."9").contains(scalar) || scalar == "_"
  }

  private mutating func whole(_ digits: String, radix: Int, _ start: Int) throws -> Int {
    guard let value = Int(digits.filter { $0 != "_" }, radix: radix) else {
      throw JinjaError.unsupported("the number \(digits), which is beyond 64 bits,", position(start))
    }
    return value
  }

  private func radixPrefix() -> Int? {
    guard index + 2 < source.count, source[index] == "0" else { return nil }
    switch source[index + 1] {
    case "x", "X": return 16
    case "o", "O": return 8
    case "b", "B": return 2
    default: return nil
    }
  }

  private func exponentLength() -> Int? {
    guard index < source.count, source[index] == "e" || source[index] == "E" else { return nil }
    var end = index + 1
    if end < source.count, source[end] == "+" || source[end] == "-" { end += 1 }
    guard end < source.count, ("0"..."9").contains(source[end]) else { return nil }
    while end < source.count, Self.isDigit(source[end]) { end += 1 }
    return end - index
  }

  private mutating func take(_ isPart: (Unicode.Scalar) -> Bool) -> String {
    let start = index
    while index < source.count, isPart(source[index]) { index += 1 }
    return JinjaText(source[start..<index]).string
  }

  /// A string in quotes, with Python's escapes.
  mutating func string(_ quote: Unicode.Scalar) throws {
    let start = index
    index += 1
    var text: [Unicode.Scalar] = []
    while index < source.count {
      let scalar = source[index]
      index += 1
      if scalar == quote { return add(.string(JinjaText(text)), at: start) }
      if scalar == "\\" { try escape(&text) } else { text.append(scalar) }
    }
    throw JinjaError.wrong("the string has no end", position(start))
  }

  private mutating func escape(_ text: inout [Unicode.Scalar]) throws {
    let plain: [Unicode.Scalar: Unicode.Scalar] = [
      "\\": "\\", "'": "'", "\"": "\"", "n": "\n", "t": "\t", "r": "\r", "a": "\u{7}", "b": "\u{8}",
      "f": "\u{C}",
      "v": "\u{B}",
    ]
    guard index < source.count else { return }
    let scalar = source[index]
    index += 1
    if let value = plain[scalar] { return text.append(value) }
    switch scalar {
    case "\n": return
    case "x": text.append(try hexadecimal(2))
    case "u": text.append(try hexadecimal(4))
    case "U": text.append(try hexadecimal(8))
    case "N": throw JinjaError.unsupported("the escape \\N{…}", position(index - 2))
    case "0"..."7":
      var value = scalar.value - 48
      var digits = 1
      while digits < 3, index < source.count, ("0"..."7").contains(source[index]) {
        value = value * 8 + source[index].value - 48
        (index, digits) = (index + 1, digits + 1)
      }
      if let scalar = Unicode.Scalar(value) { text.append(scalar) }
    // Python leaves an escape that it does not know as it stands.
    default: text += ["\\", scalar]
    }
  }

  private mutating func hexadecimal(_ digits: Int) throws -> Unicode.Scalar {
    let end = min(index + digits, source.count)
    let text = JinjaText(source[index..<end]).string
    guard text.utf8.count == digits, let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value)
    else {
      throw JinjaError.wrong("an escape with \(digits) hexadecimal digits was expected", position(index))
    }
    index = end
    return scalar
  }
}
