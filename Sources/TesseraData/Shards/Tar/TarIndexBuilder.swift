internal import TesseraCore

/// Puts what a scanner finds into an index's tables: members with one key, one after another, are a sample.
struct TarIndexBuilder {
  private(set) var tables = TarTables()
  private var suffixNumbers: [[UInt8]: UInt32] = [:]
  /// The suffixes of the sample at hand, in lower case.
  private var suffixesNow: Set<String> = []
  /// The numbers of suffixes whose lower case is known.
  private var lowercase: [String] = []
  private var isOpen = false

  /// Goes through a tar.
  ///
  /// - Throws: `io`; `corrupt` for a file in which there is no header at all, an empty one too; `limitExceeded` beyond 2 TiB.
  static func tables(of input: any TarInput) throws -> TarTables {
    var scanner = TarScanner(input)
    var builder = TarIndexBuilder()
    var isTar = false
    while let event = try scanner.next() {
      switch event {
      case .member(let member):
        isTar = true
        try builder.add(member)
      case .fault(let fault):
        isTar = isTar || !(fault.isOfTar || fault.kind == .checksum)
        try builder.add(fault)
      }
    }
    if !isTar, let first = builder.tables.faults.first {
      throw TesseraError(
        .corrupt(format: "tar", detail: "there is no tar header in it (\(first.fault.reason))"),
        path: input.path, stage: .read)
    }
    builder.tables.faults = builder.sortedFaults()
    return builder.tables
  }

  private mutating func add(_ member: TarScanner.Member) throws {
    if member.name == TarWriter.classesName {
      tables.classesPlace = member.dataOffset..<member.dataOffset + member.size
    }
    guard let (key, suffix) = MemberName.split(member.name) else { return }
    guard let block = UInt32(exactly: member.dataOffset / TarHeader.blockSize),
      tables.blocks.count < UInt32.max
    else {
      throw TesseraError(
        .limitExceeded(
          what: "bytes of a tar", limit: Int(UInt32.max) * TarHeader.blockSize, found: member.dataOffset),
        stage: .read)
    }
    try openSample(key)
    let number = intern(suffix)
    guard suffixesNow.insert(lowercase[Int(number)]).inserted else {
      note(TarFault(kind: .duplicateSuffix, name: member.name, offset: member.offset))
      return
    }
    tables.blocks.append(block)
    tables.sizes.append(UInt64(member.size))
    tables.suffixOf.append(number)
  }

  /// A fault costs the sample that its member belongs to, and keeps that sample's place.
  private mutating func add(_ fault: TarFault) throws {
    if fault.isOfTar {
      tables.faults.append(TarTables.SampleFault(sample: -1, fault: fault))
      return
    }
    if fault.name.isEmpty {
      // Nobody knows whose it was: a place of its own.
      isOpen = false
      try openSample(Array("?@\(fault.offset)".utf8)[...])
      note(fault)
      isOpen = false
    } else if let (key, _) = MemberName.split(fault.name) {
      try openSample(key)
      note(fault)
    } else {
      tables.faults.append(TarTables.SampleFault(sample: -1, fault: fault))
    }
  }

  private mutating func note(_ fault: TarFault) {
    tables.faults.append(TarTables.SampleFault(sample: tables.firstMembers.count - 1, fault: fault))
  }

  /// Starts a sample unless `key` is that of the one at hand.
  private mutating func openSample(_ key: ArraySlice<UInt8>) throws {
    if isOpen, let last = tables.firstMembers.indices.last, tables.key(last) == key { return }
    isOpen = true
    suffixesNow.removeAll(keepingCapacity: true)
    tables.keys += key
    guard let end = UInt32(exactly: tables.keys.count) else {
      throw TesseraError(
        .limitExceeded(what: "bytes of all keys", limit: Int(UInt32.max), found: tables.keys.count),
        stage: .read)
    }
    tables.keyEnds.append(end)
    tables.firstMembers.append(UInt32(tables.blocks.count))
  }

  private mutating func intern(_ suffix: ArraySlice<UInt8>) -> UInt32 {
    let suffix = Array(suffix)
    if let number = suffixNumbers[suffix] { return number }
    let number = UInt32(tables.suffixes.count)
    suffixNumbers[suffix] = number
    tables.suffixes.append(suffix)
    lowercase.append(MemberName.lowercased(suffix[...]))
    return number
  }

  /// By sample, and in the tar's order within one.
  private func sortedFaults() -> [TarTables.SampleFault] {
    tables.faults.enumerated()
      .sorted { ($0.element.sample, $0.offset) < ($1.element.sample, $1.offset) }
      .map(\.element)
  }
}
