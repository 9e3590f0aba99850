internal import TesseraCore

/// Goes through a tar once, header by header: members in their order, and what is wrong in between.
///
/// Nothing in a tar stops it but the end. After a damaged header it looks, block by block, for the next one whose
/// checksum is right, so a damaged member costs itself only.
struct TarScanner {
  /// A regular file in the tar.
  struct Member: Equatable {
    var name: [UInt8]
    /// The header's place.
    var offset: Int
    /// The data's place, always a multiple of 512 from the start.
    var dataOffset: Int
    var size: Int
  }

  enum Event: Equatable {
    case member(Member)
    case fault(TarFault)
  }

  /// The most bytes of one extended header (a long name, PAX records): no path is longer.
  static let extendedLimit = 1 << 16

  let input: any TarInput
  private var block = [UInt8](repeating: 0, count: TarHeader.blockSize)
  /// Where `block` starts in the tar.
  private var blockStart = 0
  /// The block is there already: the search after damage found it.
  private var holdsBlock = false
  /// The member whose data are next, and how many of them are left.
  private var current: (member: Member, left: Int)?
  private var isEnded = false

  init(_ input: any TarInput) { self.input = input }

  /// The next member or fault; nil at the end. What is left of a member's data is skipped.
  ///
  /// - Throws: `io`, or `unsupported` for a compressed tar.
  mutating func next() throws -> Event? {
    if let fault = try finishMember() { return .fault(fault) }
    var extended = Extended()
    while !isEnded {
      guard let header = try readHeader(after: extended) else { return nil }
      switch header {
      case .fault(let fault): return .fault(fault)
      case .header(let header):
        if let event = try event(of: header, &extended) { return event }
      }
    }
    return nil
  }

  /// Reads on in the data of the member that `next` gave last; 0 at their end.
  mutating func readData(into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    guard let left = current?.left, left > 0, buffer.count > 0 else { return 0 }
    let wanted = min(left, buffer.count)
    let got = try input.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<wanted]))
    current?.left -= got
    return got
  }

  // MARK: headers

  /// What extended headers said of the member to come.
  private struct Extended {
    var longName: [UInt8]?
    var records = PaxRecords()
    var fault: TarFault?
    var isAny: Bool { longName != nil || records.path != nil || records.size != nil || fault != nil }
  }

  private enum Found {
    case header(TarHeader)
    case fault(TarFault)
  }

  /// The next block as a header; nil at the tar's regular end.
  private mutating func readHeader(after announced: Extended) throws -> Found? {
    let got = try readBlock()
    if got < TarHeader.blockSize {
      isEnded = true
      // A cut header is named by what is left of it, or by the long name that announced it.
      let name = announced.longName ?? announced.records.path ?? nameInBlock(got)
      let isMarker = block[..<got].allSatisfy { $0 == 0 }
      if isMarker && !announced.isAny {
        return .fault(TarFault(kind: .noEnd, offset: input.position, got: input.position))
      }
      return .fault(TarFault(kind: .cutHeader, name: name, offset: blockStart, got: got))
    }
    if block.withUnsafeBytes({ TarHeader.isZero($0) }) { return try endMarker() }
    let (sums, start) = (block.withUnsafeBytes { TarHeader.checksums($0) }, blockStart)
    if sums.stated == sums.found { return .header(block.withUnsafeBytes { TarHeader($0) }) }
    if start == 0 { try refuseCompressed() }
    let fault = TarFault(
      kind: .checksum, name: nameInBlock(TarHeader.blockSize), offset: start, expected: sums.stated ?? 0,
      got: sums.found)
    try findHeader()
    return .fault(fault)
  }

  /// One zero block ends a tar and a second should follow; a header of zeros before other data is damage.
  private mutating func endMarker() throws -> Found? {
    let start = blockStart
    let got = try readBlock()
    let isZero = block.withUnsafeBytes { TarHeader.isZero($0) }
    if got < TarHeader.blockSize || isZero {
      isEnded = true
      return try trailingData()
    }
    holdsBlock = true
    try findHeader()
    return .fault(TarFault(kind: .checksum, offset: start))
  }

  /// Writers fill a tar up with zeros; other bytes close behind the marker are worth a line.
  private mutating func trailingData() throws -> Found? {
    let marker = blockStart - TarHeader.blockSize
    for _ in 0..<128 {
      guard try readBlock() == TarHeader.blockSize else { return nil }
      if !block.withUnsafeBytes({ TarHeader.isZero($0) }) {
        return .fault(TarFault(kind: .afterEnd, offset: marker))
      }
    }
    return nil
  }

  /// Moves on to the next block that is a header; to the end if there is none.
  private mutating func findHeader() throws {
    while try readBlock() == TarHeader.blockSize {
      let isHeader = block.withUnsafeBytes { !TarHeader.isZero($0) && TarHeader.hasChecksum($0) }
      if isHeader {
        holdsBlock = true
        return
      }
    }
    isEnded = true
  }

  private mutating func readBlock() throws -> Int {
    if holdsBlock {
      holdsBlock = false
      return TarHeader.blockSize
    }
    blockStart = input.position
    return try block.withUnsafeMutableBytes { try input.read(into: $0) }
  }

  /// The name that a damaged or cut header seems to have.
  private func nameInBlock(_ count: Int) -> [UInt8] {
    let name = Array(block.prefix(min(count, 100)).prefix { $0 != 0 })
    let isText = String(validating: name, as: UTF8.self) != nil && !name.contains { $0 < 32 }
    return isText ? name : []
  }

  private func refuseCompressed() throws {
    let magics: [(String, [UInt8])] = [
      ("gzip", [0x1F, 0x8B]), ("zstd", [0x28, 0xB5, 0x2F, 0xFD]), ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A]),
      ("bzip2", Array("BZh".utf8)), ("lz4", [0x04, 0x22, 0x4D, 0x18]),
    ]
    guard let name = magics.first(where: { block.starts(with: $0.1) })?.0 else { return }
    throw TesseraError(
      .unsupported(format: "tar", feature: "compression (\(name)); unpack it first, pictures do not shrink"),
      path: input.path, stage: .read)
  }

  // MARK: members

  /// What a header gives; nil for one that says something of the next.
  private mutating func event(of header: TarHeader, _ extended: inout Extended) throws -> Event? {
    let name = extended.records.path ?? extended.longName ?? header.name
    var kind = header.kind
    // V7 has no type for folders. The whole name tells: a long one's beginning in the header may end at a slash.
    if kind == .file && name.last == UInt8(ascii: "/") { kind = .folder }
    switch kind {
    case .longName, .longLink, .pax, .paxGlobal:
      try readExtended(header, &extended)
      return nil
    case .folder, .note:
      extended = Extended()
      _ = try input.skip(Self.padded(kind == .folder ? 0 : header.dataSize))
      return nil
    default: break
    }
    var member = Member(name: name, offset: blockStart, dataOffset: input.position, size: 0)
    let size = extended.records.size ?? header.size
    if case .sparse(isExtended: true) = header.kind { try skipSparseHeaders() }
    let isFile = header.kind == .file
    let dataSize = isFile ? size : header.dataSize
    guard let dataSize, dataSize <= Int.max >> 1 - input.position else {
      try findHeader()
      return .fault(TarFault(kind: .size, name: member.name, offset: member.offset))
    }
    member.size = dataSize
    current = (member, dataSize)
    if let fault = extended.fault {
      var named = fault
      named.name = member.name
      return .fault(named)
    }
    if let kind = Self.faultKind(header.kind, extended.records) {
      var fault = TarFault(kind: kind, name: member.name, offset: member.offset)
      if case .other(let flag) = header.kind { fault.got = Int(flag) }
      return .fault(fault)
    }
    guard MemberName.isSafe(member.name) else {
      return .fault(TarFault(kind: .unsafeName, name: member.name, offset: member.offset))
    }
    return .member(member)
  }

  private static func faultKind(_ kind: TarHeader.Kind, _ records: PaxRecords) -> TarFault.Kind? {
    switch kind {
    case .hardLink, .symbolicLink: .link
    case .device: .device
    case .sparse: .sparse
    case .other: .unknownType
    default: records.isSparse ? .sparse : nil
    }
  }

  /// Reads a long name or PAX records; what breaks their rules becomes the next member's fault.
  private mutating func readExtended(_ header: TarHeader, _ extended: inout Extended) throws {
    let start = blockStart
    guard let size = header.size, size <= Self.extendedLimit else {
      extended.fault = TarFault(
        kind: .longName, offset: start, expected: Self.extendedLimit, got: header.size ?? Int.max)
      _ = try input.skip(Self.padded(min(header.size ?? 0, Int.max >> 1)))
      return
    }
    var bytes = [UInt8](repeating: 0, count: size)
    let got = try bytes.withUnsafeMutableBytes { try input.read(into: $0) }
    _ = try input.skip(Self.padded(size) - size)
    if got < size { bytes.removeSubrange(got...) }
    switch header.kind {
    case .longName: extended.longName = Array(bytes.prefix { $0 != 0 })
    case .pax:
      if let records = PaxRecords(bytes) {
        extended.records = records
      } else {
        extended.fault = TarFault(kind: .extendedHeader, offset: start)
      }
    // A link's name is of no use here; what holds for a whole tar (comments, mostly) names no member.
    default: break
    }
  }

  private mutating func skipSparseHeaders() throws {
    while try readBlock() == TarHeader.blockSize, block[504] != 0 {}
  }

  /// Skips what is left of the member's data and its padding; a fault if the tar ends before.
  private mutating func finishMember() throws -> TarFault? {
    guard let (member, left) = current else { return nil }
    current = nil
    let skipped = try input.skip(left)
    if skipped < left {
      isEnded = true
      return TarFault(
        kind: .truncatedMember, name: member.name, offset: member.offset, expected: member.size,
        got: member.size - left + skipped)
    }
    _ = try input.skip(Self.padded(member.size) - member.size)
    return nil
  }

  /// A size with what fills its last block up; sizes beyond every file stay.
  private static func padded(_ size: Int) -> Int { size > Int.max - 511 ? size : (size + 511) & ~511 }
}
