internal import TesseraCore

/// Where each sample's record lies in a complete cache file: magic, number of samples, size of the data, an offset a
/// sample (all little-endian, eight bytes), and the SHA-256 of all that.
enum CacheIndex {
  private static let magic = Array("TesseraI".utf8)

  static func write(_ offsets: [Int], dataSize: Int, to path: String) throws {
    var bytes = magic
    bytes.reserveCapacity(24 + 8 * offsets.count + 64)
    for number in [offsets.count, dataSize] + offsets {
      withUnsafeBytes(of: Int64(number).littleEndian) { bytes.append(contentsOf: $0) }
    }
    bytes += Array(Digest.hex(of: bytes).utf8)
    try AtomicFile.write(bytes, to: path, sync: true)
  }

  /// The offsets; nil if there is no index, or none that fits the data.
  ///
  /// - Throws: `io` if there is one that cannot be read.
  static func read(path: String, samples: Int, dataSize: Int) throws -> [Int]? {
    let expected = 24 + 8 * samples + 64
    guard try FileIO.sizeIfThere(path) == expected else { return nil }
    let bytes = try FileIO.read(path, limit: expected)
    guard bytes.count == expected, bytes.starts(with: magic),
      Digest.hex(of: Array(bytes.dropLast(64))).utf8.elementsEqual(bytes.suffix(64))
    else { return nil }
    let numbers = bytes.withUnsafeBytes { bytes in
      (0..<samples + 2).map {
        Int(Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 8 + 8 * $0, as: Int64.self)))
      }
    }
    guard numbers[0] == samples, numbers[1] <= dataSize,
      numbers[2...].allSatisfy({ $0 >= 0 && $0 <= numbers[1] - CacheRecord.unit })
    else { return nil }
    return Array(numbers[2...])
  }
}
