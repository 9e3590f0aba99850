/// The bytes of an index file: a head that says which tar it is of, a digest, the tables.
///
///     8  "TESSTARX"          8  version              8  size of the tar     8  its time of change, ns
///     64 SHA-256 of the rest, hexadecimal            …  the tables, little-endian, each behind its length
enum TarIndexFile {
  static let version = 1
  private static let magic = Array("TESSTARX".utf8)
  private static let headSize = 8 * 4 + 64

  /// SHA-256 of the tables: the same for the same members at the same places, whenever the tar was written.
  static func digest(_ tables: TarTables) -> String { Digest.hex(of: body(tables)) }

  static func encoded(_ tables: TarTables, _ stamp: OpenFile.Stamp) -> [UInt8] {
    let body = body(tables)
    var out = magic
    for number in [version, stamp.size, stamp.modified] {
      ByteWriter.append(UInt64(bitPattern: Int64(number)), to: &out)
    }
    return out + Array(Digest.hex(of: body).utf8) + body
  }

  /// The tables, if the file is whole and of a tar with this stamp; else nil.
  static func decode(_ bytes: [UInt8], _ stamp: OpenFile.Stamp) -> TarTables? {
    decode(bytes, size: stamp.size, modified: stamp.modified)
  }

  /// The tables, if the file is whole and of a tar of this size.
  ///
  /// - Parameter modified: the tar's time of change; nil for any, where the tar lies elsewhere than when it was indexed.
  static func decode(_ bytes: [UInt8], size: Int, modified: Int? = nil) -> TarTables? {
    guard bytes.count >= headSize, bytes.starts(with: magic) else { return nil }
    var head = ByteReader(bytes[8..<32])
    guard head.number() == version, head.number() == size, let time = head.number(), time == modified ?? time,
      Digest.hex(of: Array(bytes[headSize...])).utf8.elementsEqual(bytes[32..<headSize])
    else { return nil }
    return tables(bytes[headSize...], size: size)
  }

  // MARK: tables

  private static func body(_ tables: TarTables) -> [UInt8] {
    var out: [UInt8] = []
    ByteWriter.append(tables.blocks, to: &out)
    ByteWriter.append(tables.sizes, to: &out)
    ByteWriter.append(tables.suffixOf, to: &out)
    ByteWriter.append(UInt64(tables.suffixes.count), to: &out)
    for suffix in tables.suffixes { ByteWriter.append(suffix, to: &out) }
    ByteWriter.append(tables.firstMembers, to: &out)
    ByteWriter.append(tables.keyEnds, to: &out)
    ByteWriter.append(tables.keys, to: &out)
    ByteWriter.append(UInt64(tables.faults.count), to: &out)
    for item in tables.faults {
      let fault = item.fault
      for number in [item.sample, Int(fault.kind.rawValue), fault.offset, fault.expected, fault.got] {
        ByteWriter.append(UInt64(bitPattern: Int64(number)), to: &out)
      }
      ByteWriter.append(fault.name, to: &out)
    }
    for number in [tables.classesPlace?.lowerBound ?? -1, tables.classesPlace?.upperBound ?? -1] {
      ByteWriter.append(UInt64(bitPattern: Int64(number)), to: &out)
    }
    return out
  }

  /// Reads tables and checks that every number stays inside of the others and of the tar: nothing that an index
  /// file says may lead a reader astray.
  private static func tables(_ body: ArraySlice<UInt8>, size: Int) -> TarTables? {
    var reader = ByteReader(body)
    var tables = TarTables()
    guard let blocks: [UInt32] = reader.array(), let sizes: [UInt64] = reader.array(),
      let suffixOf: [UInt32] = reader.array(), let suffixCount = reader.count(of: 8)
    else { return nil }
    (tables.blocks, tables.sizes, tables.suffixOf) = (blocks, sizes, suffixOf)
    for _ in 0..<suffixCount {
      guard let suffix: [UInt8] = reader.array() else { return nil }
      tables.suffixes.append(suffix)
    }
    guard let first: [UInt32] = reader.array(), let ends: [UInt32] = reader.array(),
      let keys: [UInt8] = reader.array(), let faults = faults(&reader),
      let low = reader.number(), let high = reader.number(), reader.isAtEnd
    else { return nil }
    (tables.firstMembers, tables.keyEnds, tables.keys) = (first, ends, keys)
    tables.faults = faults
    if low >= 0 {
      guard high >= low else { return nil }
      tables.classesPlace = low..<high
    }
    return isSound(tables, size: size) ? tables : nil
  }

  private static func faults(_ reader: inout ByteReader) -> [TarTables.SampleFault]? {
    guard let count = reader.count(of: 48) else { return nil }
    var faults: [TarTables.SampleFault] = []
    for _ in 0..<count {
      guard let sample = reader.number(), let kind = reader.number(), let offset = reader.number(),
        let expected = reader.number(), let got = reader.number(), let name: [UInt8] = reader.array(),
        let raw = UInt8(exactly: kind), let kind = TarFault.Kind(rawValue: raw)
      else { return nil }
      faults.append(
        .init(
          sample: sample,
          fault: TarFault(kind: kind, name: name, offset: offset, expected: expected, got: got)))
    }
    return faults
  }

  private static func isSound(_ tables: TarTables, size: Int) -> Bool {
    let members = tables.blocks.count
    let isSorted = { (values: [UInt32]) in zip(values, values.dropFirst()).allSatisfy { $0 <= $1 } }
    return tables.sizes.count == members && tables.suffixOf.count == members
      && tables.keyEnds.count == tables.firstMembers.count
      && tables.suffixOf.allSatisfy { $0 < tables.suffixes.count }
      // A member's data follow its header, which is inside of the tar.
      && tables.blocks.allSatisfy { $0 >= 1 && Int($0) * 512 <= size }
      && tables.sizes.allSatisfy { $0 <= UInt64(Int.max >> 2) }
      && isSorted(tables.firstMembers) && isSorted(tables.keyEnds)
      && (tables.firstMembers.first ?? 0) == 0 && (tables.firstMembers.last ?? 0) <= members
      && (tables.keyEnds.last ?? 0) == tables.keys.count
      && zip(tables.faults, tables.faults.dropFirst()).allSatisfy { $0.sample <= $1.sample }
      && tables.faults.allSatisfy { $0.sample >= -1 && $0.sample < tables.firstMembers.count }
      && (tables.classesPlace.map { $0.lowerBound >= 512 && $0.upperBound <= size } ?? true)
  }
}
