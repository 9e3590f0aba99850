public import TesseraCore

/// A key in text: `x` and 40 hexadecimal digits (key, high, operation; the most significant digit first).
extension RandomStream.Key: ArgumentConvertible {
  public static var argumentType: String { "x and 40 hexadecimal digits" }

  public init?(argument: ArgumentNode) {
    guard case .string(let text) = argument.kind, text.utf8.count == 41, text.utf8.first == UInt8(ascii: "x")
    else {
      return nil
    }
    var words: [UInt32] = []
    var rest = text.dropFirst()
    while !rest.isEmpty {
      // `UInt32(_:radix:)` takes a sign: the digits are checked first.
      guard rest.prefix(8).allSatisfy(\.isHexDigit), let word = UInt32(rest.prefix(8), radix: 16) else {
        return nil
      }
      words.append(word)
      rest = rest.dropFirst(8)
    }
    self.init(key: SIMD2(words[0], words[1]), high: SIMD2(words[2], words[3]), operation: words[4])
  }

  public var argument: ArgumentNode {
    let digits = [key.x, key.y, high.x, high.y, operation].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }
    return ArgumentNode(.string("x" + digits.joined()))
  }

  /// Where prototypes begin.
  static let zero = RandomStream.Key(key: SIMD2(0, 0), high: SIMD2(0, 0), operation: 0)
}
