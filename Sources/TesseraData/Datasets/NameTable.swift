/// Many names in one block of memory: a million paths cost their bytes and eight more each.
struct NameTable: Sendable {
  private var bytes: [UInt8] = []
  /// Where each name ends.
  private var ends: [Int] = []

  var count: Int { ends.count }

  /// Makes room for so many names and bytes.
  mutating func reserve(names: Int, bytes: Int) {
    ends.reserveCapacity(names)
    self.bytes.reserveCapacity(bytes)
  }

  mutating func append(_ name: some Collection<UInt8>) {
    bytes += name
    ends.append(bytes.count)
  }

  /// Adds a name that lies in memory.
  mutating func append(_ name: UnsafeRawBufferPointer) {
    bytes.append(contentsOf: name)
    ends.append(bytes.count)
  }

  /// The bytes of a name.
  func bytes(_ index: Int) -> ArraySlice<UInt8> { bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }

  /// A name as text; bytes that are not UTF-8 become U+FFFD.
  subscript(index: Int) -> String { String(decoding: bytes(index), as: UTF8.self) }

  /// Adds a name's bytes to a digest.
  func add(_ index: Int, to digest: inout Digest) {
    let name = bytes(index)
    digest.update(name.count)
    name.withUnsafeBytes { digest.update($0) }
  }
}
