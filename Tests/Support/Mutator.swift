/// Changes inputs as libFuzzer does: bits, bytes, numbers, pieces that are taken out, doubled or taken from another input.
public struct Mutator {
  private let inputs: [[UInt8]]
  private var state: UInt64

  public init(_ inputs: [[UInt8]], seed: UInt64) {
    self.inputs = inputs
    state = seed
  }

  /// SplitMix64 (Steele, Lea, Flood 2014).
  private mutating func random() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  private mutating func below(_ count: Int) -> Int { Int(random() % UInt64(count)) }

  /// An input with one to eight changes.
  public mutating func next() -> [UInt8] {
    var bytes = inputs[below(inputs.count)]
    for _ in 0...below(8) { change(&bytes) }
    return bytes
  }

  private mutating func change(_ bytes: inout [UInt8]) {
    guard !bytes.isEmpty else { return bytes.append(UInt8(below(256))) }
    let at = below(bytes.count)
    let length = 1 + below(min(bytes.count - at, 1 << below(10)))
    switch below(8) {
    case 0: bytes[at] ^= 1 << UInt8(below(8))
    case 1: bytes[at] = UInt8(below(256))
    case 2: number(&bytes, at)
    case 3: bytes.removeSubrange(at..<at + length)
    case 4: bytes.insert(contentsOf: bytes[at..<at + length], at: below(bytes.count))
    case 5:
      let other = inputs[below(inputs.count)]
      guard !other.isEmpty else { return }
      let start = below(other.count)
      bytes.insert(contentsOf: other[start..<start + 1 + below(other.count - start)], at: at)
    case 6: for place in at..<at + length { bytes[place] = UInt8(below(256)) }
    default: bytes.removeSubrange(at...)
    }
  }

  /// A number of one to eight bytes at a limit, in either order.
  private mutating func number(_ bytes: inout [UInt8], _ at: Int) {
    let limits: [UInt64] = [
      0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFF_FFFF, 0x8000_0000, .max, .max >> 1,
    ]
    let (value, count, isBig) = (limits[below(limits.count)], 1 << below(4), below(2) == 0)
    for place in 0..<min(count, bytes.count - at) {
      bytes[at + place] = UInt8(truncatingIfNeeded: value >> (8 * UInt64(isBig ? count - 1 - place : place)))
    }
  }
}
