/// Reads protocol buffers' wire format, as far as finding fields takes.
struct ProtoReader {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// A field as it lies in the message.
  enum Field {
    case int(UInt64)
    case data(ArraySlice<UInt8>)
    /// Four or eight bytes.
    case fixed(ArraySlice<UInt8>)
  }

  /// The next field; nil at the end, and where the bytes are no protocol buffer.
  mutating func next() -> (number: Int, field: Field)? {
    guard let key = varint(), key >> 3 <= 1 << 29 else { return nil }
    let number = Int(key >> 3)
    switch key & 7 {
    case 0: return varint().map { (number, .int($0)) }
    case 1: return take(8).map { (number, .fixed($0)) }
    case 5: return take(4).map { (number, .fixed($0)) }
    case 2:
      guard let count = varint(), count <= UInt64(bytes.endIndex - position) else { return nil }
      return take(Int(count)).map { (number, .data($0)) }
    default: return nil
    }
  }

  private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count <= bytes.endIndex - position else { return nil }
    defer { position += count }
    return bytes[position..<position + count]
  }

  private mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 64, by: 7) {
      guard position < bytes.endIndex else { return nil }
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
