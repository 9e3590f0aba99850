internal import TesseraCore

/// An input's bytes as choices, from its front on; zeros behind its end.
struct Input {
  private var rest: Slice<UnsafeRawBufferPointer>

  init(_ bytes: UnsafeRawBufferPointer) { rest = bytes[...] }

  var isEmpty: Bool { rest.isEmpty }

  mutating func byte() -> Int { Int(rest.popFirst() ?? 0) }

  /// A number from 0 to `count` − 1.
  mutating func number(below count: Int) -> Int {
    let value = count <= 256 ? byte() : byte() | byte() << 8
    return value % count
  }

  mutating func one<T>(of values: [T]) -> T { values[number(below: values.count)] }

  /// A stream of chance that hangs on all of the bytes: choices that stay out of the input's own format.
  static func chance(_ bytes: UnsafeRawBufferPointer) -> RandomStream {
    RandomStream(seed: bytes.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 })
  }
}
