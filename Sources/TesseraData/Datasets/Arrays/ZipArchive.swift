private import CZlib
internal import TesseraCore

/// The members of a zip file in a mapping: stored or deflated, zip64 or not. What `.npz` files are.
///
/// Source: PKWARE's APPNOTE.TXT, version 6.3.
struct ZipArchive: Sendable {
  struct Member: Sendable {
    var name: String
    var isDeflated: Bool
    /// Where its bytes lie in the file.
    var bytes: Range<Int>
    /// Bytes once they are unpacked.
    var size: Int
    var checksum: UInt32
  }

  let file: MappedFile
  private(set) var members: [Member] = []

  /// No deflated byte stands for more than so many.
  private static let largestRatio = 1032

  /// Reads the directory at the file's end.
  ///
  /// - Throws: `corrupt` for places outside of the file, sizes that cannot be, and overlaps;
  ///   `unsupported` for encryption and other methods; `truncated` without a directory.
  init(_ file: MappedFile) throws {
    self.file = file
    members = try file.withBytes(0..<file.byteCount) { bytes in
      let directory = try Self.directory(bytes)
      var members: [Member] = []
      var at = directory.start
      for _ in 0..<directory.count {
        members.append(try Self.member(bytes, &at, end: directory.end))
      }
      try Self.checkOverlaps(members)
      return members
    }
  }

  /// Members that share their bytes would make a small file unpack to any size.
  private static func checkOverlaps(_ members: [Member]) throws {
    let sorted = members.filter { !$0.bytes.isEmpty }.sorted { $0.bytes.lowerBound < $1.bytes.lowerBound }
    for (first, second) in zip(sorted, sorted.dropFirst())
    where second.bytes.lowerBound < first.bytes.upperBound {
      throw fault("'\(first.name)' and '\(second.name)' share bytes")
    }
  }

  private static func fault(_ detail: String) -> TesseraError {
    TesseraError(.corrupt(format: "zip", detail: detail))
  }

  /// A little-endian number.
  private static func number(_ bytes: UnsafeRawBufferPointer, _ at: Int, _ size: Int) throws -> Int {
    guard at >= 0, at <= bytes.count - size else { throw fault("a place behind the file's end") }
    let value = (0..<size).reduce(UInt64(0)) { $0 | UInt64(bytes[at + $1]) << (8 * $1) }
    guard let value = Int(exactly: value) else { throw fault("a size of \(value)") }
    return value
  }

  private static func directory(_ bytes: UnsafeRawBufferPointer) throws -> (start: Int, end: Int, count: Int)
  {
    // The record stands before a comment of at most 65535 bytes.
    var end = bytes.count - 22
    let lowest = max(0, end - 65535)
    while end >= lowest {
      if try number(bytes, end, 4) == 0x0605_4B50, try number(bytes, end + 20, 2) == bytes.count - end - 22 {
        break
      }
      end -= 1
    }
    guard end >= lowest else {
      throw TesseraError(.truncated(format: "zip", expected: nil, got: bytes.count, unit: "bytes"))
    }
    var count = try number(bytes, end + 10, 2)
    var size = try number(bytes, end + 12, 4)
    var start = try number(bytes, end + 16, 4)
    if count == 0xFFFF || size == 0xFFFF_FFFF || start == 0xFFFF_FFFF {
      guard end >= 20, try number(bytes, end - 20, 4) == 0x0706_4B50 else {
        throw fault("no zip64 record where the directory needs one")
      }
      let wide = try number(bytes, end - 12, 8)
      guard try number(bytes, wide, 4) == 0x0606_4B50 else { throw fault("no zip64 record at byte \(wide)") }
      count = try number(bytes, wide + 32, 8)
      size = try number(bytes, wide + 40, 8)
      start = try number(bytes, wide + 48, 8)
    }
    // An entry takes at least 46 bytes: a larger count is a lie.
    guard start <= end, size <= end - start, count <= size / 46 else {
      throw fault("a directory of \(count) members in \(size) bytes at byte \(start)")
    }
    return (start, start + size, count)
  }

  private static func member(_ bytes: UnsafeRawBufferPointer, _ at: inout Int, end: Int) throws -> Member {
    let start = at
    guard try number(bytes, start, 4) == 0x0201_4B50 else { throw fault("no member at byte \(start)") }
    let (flags, method) = (try number(bytes, start + 8, 2), try number(bytes, start + 10, 2))
    let checksum = UInt32(try number(bytes, start + 16, 4))
    var packed = try number(bytes, start + 20, 4)
    var size = try number(bytes, start + 24, 4)
    let (nameLength, extraLength) = (try number(bytes, start + 28, 2), try number(bytes, start + 30, 2))
    let commentLength = try number(bytes, start + 32, 2)
    var place = try number(bytes, start + 42, 4)
    at = start + 46 + nameLength + extraLength + commentLength
    guard at <= end else { throw fault("the directory ends inside of the member at byte \(start)") }
    let nameBytes = bytes[start + 46..<start + 46 + nameLength]
    guard let name = String(validating: nameBytes, as: UTF8.self) else {
      throw fault("a name that is not UTF-8")
    }
    var extra = start + 46 + nameLength
    let extraEnd = extra + extraLength
    while extra + 4 <= extraEnd {
      let (kind, length) = (try number(bytes, extra, 2), try number(bytes, extra + 2, 2))
      var field = extra + 4
      extra = field + length
      guard kind == 1 else { continue }
      // The wide fields stand in this order, and only those whose narrow ones are full.
      func widen(_ value: inout Int) throws {
        guard value == 0xFFFF_FFFF else { return }
        guard field + 8 <= extra else { throw fault("'\(name)' lacks a zip64 size") }
        value = try number(bytes, field, 8)
        field += 8
      }
      try widen(&size)
      try widen(&packed)
      try widen(&place)
    }
    guard flags & 1 == 0 else {
      throw TesseraError(.unsupported(format: "zip", feature: "encryption of '\(name)'"))
    }
    guard method == 0 || method == 8 else {
      throw TesseraError(.unsupported(format: "zip", feature: "method \(method) of '\(name)'"))
    }
    guard try number(bytes, place, 4) == 0x0403_4B50 else { throw fault("'\(name)' is not at byte \(place)") }
    let data = place + 30 + (try number(bytes, place + 26, 2)) + (try number(bytes, place + 28, 2))
    guard data <= bytes.count, packed <= bytes.count - data else {
      throw fault("'\(name)' reaches behind the end")
    }
    guard method == 8 ? size / largestRatio <= packed : size == packed else {
      throw fault("'\(name)' would have \(size) bytes, packed in \(packed)")
    }
    return Member(
      name: name, isDeflated: method == 8, bytes: data..<data + packed, size: size, checksum: checksum)
  }

  /// Unpacks a deflated member.
  ///
  /// - Throws: `corrupt` if it is not what its directory entry says.
  func unpack(_ member: Member) throws -> MemoryBlock {
    let block = MemoryBlock(byteCount: member.size)
    try file.withBytes(member.bytes) { try Self.inflate($0, into: block.mutableBytes, member.name) }
    // zlib counts in 32 bits; whole gigabytes go in pieces.
    var sum = crc32(0, nil, 0)
    var rest = block.bytes
    while !rest.isEmpty {
      let piece = rest.prefix(1 << 30)
      sum = crc32(sum, rest.baseAddress?.assumingMemoryBound(to: UInt8.self), UInt32(piece.count))
      rest = UnsafeRawBufferPointer(rebasing: rest[piece.count...])
    }
    guard UInt32(truncatingIfNeeded: sum) == member.checksum else {
      throw Self.fault("the checksum of '\(member.name)' is wrong")
    }
    return block
  }

  private static func inflate(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer, _ name: String
  ) throws {
    var stream = z_stream()
    guard inflateInit2_(&stream, -15, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size)) == Z_OK else {
      throw TesseraError(.outOfMemory(bytes: 1 << 15))
    }
    defer { inflateEnd(&stream) }
    var (read, written, status) = (0, 0, Z_OK)
    // A byte more than there should be shows a stream that goes on.
    var extra: UInt8 = 0
    while status == Z_OK {
      let (input, room) = (min(source.count - read, 1 << 30), min(target.count - written, 1 << 30))
      stream.next_in = UnsafeMutablePointer(
        mutating: source.baseAddress?.advanced(by: read).assumingMemoryBound(to: UInt8.self))
      stream.avail_in = UInt32(input)
      if room > 0 {
        stream.next_out = target.baseAddress?.advanced(by: written).assumingMemoryBound(to: UInt8.self)
        stream.avail_out = UInt32(room)
        status = CZlib.inflate(&stream, Z_NO_FLUSH)
        written += room - Int(stream.avail_out)
      } else {
        status = withUnsafeMutablePointer(to: &extra) { pointer in
          stream.next_out = pointer
          stream.avail_out = 1
          let status = CZlib.inflate(&stream, Z_NO_FLUSH)
          written += 1 - Int(stream.avail_out)
          return status
        }
        if written > target.count { throw fault("'\(name)' unpacks to more than \(target.count) bytes") }
      }
      read += input - Int(stream.avail_in)
    }
    guard status == Z_STREAM_END, written == target.count else {
      throw fault("'\(name)' unpacks to \(written) of \(target.count) bytes")
    }
  }
}
