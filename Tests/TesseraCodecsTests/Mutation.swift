import TesseraCore

/// Random edits of a good file.
enum Mutation {
  /// One to six edits: bytes changed, removed, repeated, the rest cut off; half of them near the start.
  static func apply(to file: [UInt8], using random: inout RandomStream) -> [UInt8] {
    var bytes = file
    for _ in 0..<random.integer(in: 1...6) where bytes.count > 1 {
      let reach = random.integer(in: 0...1) == 0 ? min(bytes.count, 120) : bytes.count
      let at = random.integer(in: 0...reach - 1)
      switch random.integer(in: 0...5) {
      case 0: bytes[at] = 0
      case 1: bytes[at] = 255
      case 2: bytes[at] = UInt8(random.integer(in: 0...255))
      case 3: bytes.removeSubrange(at..<min(bytes.count, at + random.integer(in: 1...20)))
      case 4: bytes.insert(contentsOf: bytes[max(0, at - 10)..<at], at: at)
      default: bytes.removeSubrange(at...)
      }
    }
    return bytes
  }
}
