private import Foundation
internal import TesseraCore

/// The bytes of a piece's file: a head that says which piece it is, a checksum of each block, the blocks.
///
///     8  "TESSPIEC"     8  version     32  the object's version     8  the piece's number     8  its bytes
///     32 SHA-256 for each 64 KiB of the piece     …  the piece
///
/// A sample is mostly smaller than a piece: only the blocks that it lies in are read and checked.
package enum PieceFile {
  static let blockSize = 1 << 16
  private static let version = 1
  private static let magic = Array("TESSPIEC".utf8)
  static let headSize = 8 + 8 + 32 + 8 + 8

  /// The size of a file with a piece of so many bytes.
  package static func size(of count: Int) -> Int { headSize + blocks(count) * 32 + count }

  private static func blocks(_ count: Int) -> Int { (count + blockSize - 1) / blockSize }

  private static func head(_ key: PieceKey) -> [UInt8] {
    var head = magic
    func add(_ number: Int) { withUnsafeBytes(of: Int64(number).littleEndian) { head += $0 } }
    add(version)
    head += Array(key.object.utf8)
    add(key.number)
    add(key.count)
    return head
  }

  /// What goes before a piece's bytes.
  static func prefix(_ key: PieceKey, _ bytes: [UInt8]) -> [UInt8] {
    var prefix = head(key)
    bytes.withUnsafeBytes { bytes in
      for start in stride(from: 0, to: bytes.count, by: blockSize) {
        let end = min(start + blockSize, bytes.count)
        prefix += digest(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
      }
    }
    return prefix
  }

  private static func digest(_ bytes: UnsafeRawBufferPointer) -> [UInt8] {
    var digest = Digest()
    digest.update(bytes)
    return digest.bytes()
  }

  /// Copies a part of the piece that an open file holds; false if the file is not that piece, or the part is damaged.
  ///
  /// - Throws: `io`.
  static func read(
    _ file: OpenFile, _ key: PieceKey, _ range: Range<Int>, into target: UnsafeMutableRawBufferPointer
  ) throws -> Bool {
    guard try file.stamp().size == size(of: key.count), !range.isEmpty else { return false }
    let first = range.lowerBound / blockSize
    let last = (range.upperBound - 1) / blockSize
    let start = first * blockSize
    let end = min((last + 1) * blockSize, key.count)
    let tableEnd = headSize + blocks(key.count) * 32
    var prefix = [UInt8](repeating: 0, count: tableEnd)
    let got = try prefix.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
    guard got == prefix.count, prefix.starts(with: head(key)) else { return false }
    return try Scratch.withBytes(end - start) { blocks in
      guard try file.read(into: blocks, at: tableEnd + start) == blocks.count else { return false }
      for block in first...last {
        let from = block * blockSize - start
        let to = min(from + blockSize, blocks.count)
        let place = headSize + block * 32
        let sum = digest(UnsafeRawBufferPointer(rebasing: blocks[from..<to]))
        guard sum.elementsEqual(prefix[place..<place + 32]) else { return false }
      }
      target.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: blocks[range.lowerBound - start..<range.upperBound - start]))
      return true
    }
  }
}
