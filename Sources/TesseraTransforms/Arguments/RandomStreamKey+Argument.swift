public import TesseraCore

/// A stream's key in text: `k` and its 160 bits as 40 hexadecimal digits.
extension RandomStream.Key: ArgumentConvertible {
  public static var argumentType: String { "k and 40 hexadecimal digits" }

  public init?(argument: ArgumentNode) {
    guard case .string(let text) = argument.kind, text.utf8.count == 41, text.hasPrefix("k") else {
      return nil
    }
    var words: [UInt32] = []
    var rest = text.dropFirst()
    while !rest.isEmpty {
      guard let word = UInt32(rest.prefix(8), radix: 16) else { return nil }
      words.append(word)
      rest = rest.dropFirst(8)
    }
    guard words.count == 5 else { return nil }
    self.init(key: SIMD2(words[0], words[1]), high: SIMD2(words[2], words[3]), operation: words[4])
  }

  public var argument: ArgumentNode {
    let words = [key.x, key.y, high.x, high.y, operation].map { word in
      let digits = String(word, radix: 16)
      return String(repeating: "0", count: 8 - digits.count) + digits
    }
    return ArgumentNode(.string("k" + words.joined()))
  }

  public var swiftSource: String {
    "RandomStream.Key(key: [\(key.x), \(key.y)], high: [\(high.x), \(high.y)], operation: \(operation))"
  }
}
