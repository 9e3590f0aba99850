internal import TesseraCore

/// Writes a tar so that the same samples give the same bytes, everywhere and always.
///
/// Members are regular files of mode 0444 with time 0 and owner 0; a sample's fields are sorted by suffix. Names up
/// to 100 bytes stand in ustar headers, longer ones (and sizes from 8 GiB) in PAX records. The file is written aside
/// and gets its name in `finish`; a writer that is let go before that leaves nothing.
///
/// A writer is used by one thread at a time.
public final class TarWriter {
  /// The member that holds the classes' names as a JSON array. WebDataset's readers skip `__…__`.
  static let classesName = Array("__classes__".utf8)
  /// Writers fill up to records of 20 blocks, as tar does.
  private static let recordSize = 20 * TarHeader.blockSize
  /// The largest size that eleven octal digits hold.
  private static let octalLimit = 1 << 33

  /// The file that `finish` makes.
  public let path: String
  private let file: PartFile
  private var buffer: [UInt8] = []
  /// Bytes handed to the writer so far.
  private(set) var byteCount = 0

  /// Starts a tar; an older file of that name stays until `finish`.
  ///
  /// - Throws: `io`.
  public init(_ path: String) throws {
    self.path = path
    file = try PartFile(path)
  }

  /// Writes one member.
  ///
  /// - Throws: `invalidArgument` for a name that is empty, absolute, or has `..` or a zero byte; `io`.
  public func write(_ name: String, _ bytes: [UInt8]) throws {
    let name = Array(name.utf8)
    guard MemberName.isSafe(name), name.last != UInt8(ascii: "/") else {
      throw TesseraError(
        .invalidArgument(
          name: "a member's name", expected: "a relative path without '..'",
          got: "'\(String(decoding: name, as: UTF8.self))'"),
        path: path, stage: .write)
    }
    var records: [UInt8] = []
    if name.count > 100 { records += PaxRecords.encoded("path", name) }
    if bytes.count >= Self.octalLimit { records += PaxRecords.encoded("size", Array("\(bytes.count)".utf8)) }
    if !records.isEmpty {
      try put(Self.header(Array("PaxHeader".utf8), size: records.count, flag: UInt8(ascii: "x")))
      try put(records)
      try pad()
    }
    try put(Self.header(name, size: bytes.count, flag: UInt8(ascii: "0")))
    try put(bytes)
    try pad()
  }

  /// Writes one sample: a member `KEY.SUFFIX` for each field, sorted by suffix.
  ///
  /// - Throws: `invalidArgument` for a key or suffixes that would be read back as others: a dot in the key's last
  ///   component, upper case, a slash or nothing in a suffix, one suffix twice; `io`.
  public func writeSample(key: String, _ fields: [(suffix: String, bytes: [UInt8])]) throws {
    let sorted = fields.sorted { $0.suffix.utf8.lexicographicallyPrecedes($1.suffix.utf8) }
    for (index, field) in sorted.enumerated() {
      let name = Array("\(key).\(field.suffix)".utf8)
      let isTwice = index > 0 && sorted[index - 1].suffix == field.suffix
      let parts = MemberName.split(name)
      guard !isTwice, let parts, parts.key.elementsEqual(key.utf8), !field.suffix.isEmpty,
        field.suffix.lowercased() == field.suffix, MemberName.isSafe(name)
      else {
        throw TesseraError(
          .invalidArgument(
            name: "a sample's field",
            expected: "a key without a dot in its last component, and different lower-case suffixes",
            got: "'\(key)' and '\(field.suffix)'\(isTwice ? " twice" : "")"),
          path: path, stage: .write)
      }
    }
    for field in sorted { try write("\(key).\(field.suffix)", field.bytes) }
  }

  /// Writes the end marker and gives the file its name.
  ///
  /// - Returns: the file's size in bytes.
  /// - Throws: `io`.
  @discardableResult public func finish(sync: Bool = false) throws -> Int {
    let end = byteCount + 2 * TarHeader.blockSize
    let full = (end + Self.recordSize - 1) / Self.recordSize * Self.recordSize
    try put([UInt8](repeating: 0, count: full - byteCount))
    try flush()
    try file.finish(sync: sync)
    return full
  }

  // MARK: bytes

  private func put(_ bytes: [UInt8]) throws {
    byteCount += bytes.count
    if bytes.count >= 1 << 18 {
      try flush()
      try bytes.withUnsafeBytes { try file.file.write($0) }
    } else {
      buffer += bytes
      if buffer.count >= 1 << 18 { try flush() }
    }
  }

  private func pad() throws {
    let rest = byteCount % TarHeader.blockSize
    if rest > 0 { try put([UInt8](repeating: 0, count: TarHeader.blockSize - rest)) }
  }

  private func flush() throws {
    try buffer.withUnsafeBytes { try file.file.write($0) }
    buffer.removeAll(keepingCapacity: true)
  }

  /// A ustar header. A name over 100 bytes is cut (its PAX record has all of it), as is a size over the field.
  private static func header(_ name: [UInt8], size: Int, flag: UInt8) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: TarHeader.blockSize)
    func set(_ place: Int, _ bytes: some Collection<UInt8>) {
      block.replaceSubrange(place..<place + bytes.count, with: bytes)
    }
    func octal(_ value: Int, _ digits: Int) -> [UInt8] {
      let text = String(value, radix: 8)
      return Array((String(repeating: "0", count: digits - text.utf8.count) + text).utf8)
    }
    set(0, name.prefix(100))
    set(100, octal(0o444, 7))
    set(108, octal(0, 7))
    set(116, octal(0, 7))
    set(124, octal(size < octalLimit ? size : 0, 11))
    set(136, octal(0, 11))
    block[156] = flag
    set(257, Array("ustar\u{0}00".utf8))
    set(329, octal(0, 7))
    set(337, octal(0, 7))
    set(148, [UInt8](repeating: UInt8(ascii: " "), count: 8))
    set(148, octal(block.reduce(0) { $0 + Int($1) }, 6) + [0, UInt8(ascii: " ")])
    return block
  }
}
