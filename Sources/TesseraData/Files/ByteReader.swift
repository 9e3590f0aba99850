/// Reads little-endian numbers and arrays; nil instead of anything beyond the end.
struct ByteReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func number() -> Int? {
    guard rest.count >= 8 else { return nil }
    let value = rest.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    rest = rest.dropFirst(8)
    return Int(Int64(bitPattern: value))
  }

  /// A count of things of at least `stride` bytes each: no more than there is room for.
  mutating func count(of stride: Int) -> Int? {
    guard let count = number(), count >= 0, count <= rest.count / stride else { return nil }
    return count
  }

  mutating func array<T: FixedWidthInteger & BitwiseCopyable>() -> [T]? {
    let stride = MemoryLayout<T>.size
    guard let count = count(of: stride) else { return nil }
    let bytes = rest.prefix(count * stride)
    rest = rest.dropFirst(count * stride)
    return bytes.withUnsafeBytes { raw in
      (0..<count).map { T(littleEndian: raw.loadUnaligned(fromByteOffset: $0 * stride, as: T.self)) }
    }
  }
}
