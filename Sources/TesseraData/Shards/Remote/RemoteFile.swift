internal import TesseraCore

/// An object on a server, of which any part can be read. It is the same object for as long as this lives: one that is
/// replaced meanwhile is an error.
public final class RemoteFile: Sendable {
  /// The URL without user, password, query and fragment.
  public let name: String
  /// The object's size.
  public let byteCount: Int
  let version: RemoteVersion
  private let store: RemoteStore
  private let fetch: RemoteFetch
  private let object: String
  private let family: String
  /// Whether the server gives parts.
  private let hasRanges: Bool
  /// One thread fetches a piece; others that want it wait for that.
  private let flight = SingleFlight()

  init(_ url: RemoteURL, _ store: RemoteStore) throws {
    self.store = store
    name = url.name
    fetch = RemoteFetch(
      url: url, options: store.options, pool: store.pool, meter: store.meter,
      notice: store.notice)
    let pieceSize = store.options.pieceSize
    let family = String(Fingerprint("object 1", url.name).hex.prefix(16))
    self.family = family
    // Where an earlier process left pieces, one byte tells whether they are still those of the object.
    let isKnown = store.pieces.knows(family: family)
    let whole =
      isKnown
      ? nil
      : WholeObject(pieceSize: pieceSize, wanted: 0, limit: store.wholeLimit) { piece, bytes, version in
        store.pieces.store(bytes, as: Self.key(url.name, family, version, piece, pieceSize))
      }
    let found = try fetch.part(0..<(isKnown ? 1 : pieceSize), version: nil, whole: whole)
    version = found.version
    byteCount = found.version.size
    hasRanges = !found.isWhole
    object = found.version.key(name: url.name, pieceSize: pieceSize)
    if !isKnown && !found.isWhole && !found.bytes.isEmpty {
      store.pieces.store(found.bytes, as: Self.key(url.name, family, version, 0, pieceSize))
    }
  }

  private static func key(
    _ name: String, _ family: String, _ version: RemoteVersion, _ piece: Int, _ pieceSize: Int
  ) -> PieceKey {
    PieceKey(
      object: version.key(name: name, pieceSize: pieceSize), family: family, number: piece,
      count: min(pieceSize, version.size - piece * pieceSize))
  }

  private func key(_ piece: Int) -> PieceKey {
    let size = store.options.pieceSize
    return PieceKey(
      object: object, family: family, number: piece, count: min(size, byteCount - piece * size))
  }

  // MARK: reading

  /// The bytes of a part.
  ///
  /// - Throws: `remote`; `truncated` if the object ends before the part does.
  public func bytes(_ range: Range<Int>) throws -> [UInt8] {
    try check(range)
    return try [UInt8](unsafeUninitializedCapacity: range.count) { buffer, count in
      count = try read(into: UnsafeMutableRawBufferPointer(buffer), at: range.lowerBound)
    }
  }

  /// Calls `body` with the bytes of a part, in memory that the thread uses again.
  func withBytes<R>(_ range: Range<Int>, _ body: (UnsafeRawBufferPointer) throws -> R) throws -> R {
    try check(range)
    return try Scratch.withBytes(range.count) { buffer in
      _ = try read(into: buffer, at: range.lowerBound)
      return try body(UnsafeRawBufferPointer(buffer))
    }
  }

  /// Refused before anything is allocated.
  func check(_ range: Range<Int>) throws {
    guard range.lowerBound >= 0, range.upperBound <= byteCount else {
      throw TesseraError(
        .truncated(format: "the object", expected: range.upperBound, got: byteCount, unit: "bytes"),
        path: name, stage: .read)
    }
  }

  /// Fills the buffer from an offset; less only at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws -> Int {
    let size = store.options.pieceSize
    let end = min(offset + buffer.count, byteCount)
    var at = offset
    while at < end {
      let piece = at / size
      let part = at - piece * size..<min(end - piece * size, size)
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[at - offset..<at - offset + part.count])
      try read(key(piece), part, into: target)
      at += part.count
    }
    return max(at - offset, 0)
  }

  private func read(_ key: PieceKey, _ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws {
    if isInCache(key, range, target) { return }
    // An object without parts is fetched by one thread, whatever piece is wanted.
    try flight.run(hasRanges ? key.number : -1) {
      if isInCache(key, range, target) { return }
      let bytes = try fetched(key)
      bytes.withUnsafeBytes { target.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[range])) }
    }
  }

  private func isInCache(
    _ key: PieceKey, _ range: Range<Int>, _ target: UnsafeMutableRawBufferPointer
  ) -> Bool {
    let state = store.pieces.read(key, range, into: target)
    store.meter.withLock { meter in
      if state == .there {
        meter.hits += 1
        meter.bytesFromCache += range.count
      }
      if state == .damaged { meter.damagedPieces += 1 }
    }
    return state == .there
  }

  /// A piece from the server, which goes into the cache too.
  private func fetched(_ key: PieceKey) throws -> [UInt8] {
    let start = key.number * store.options.pieceSize
    let whole = WholeObject(
      pieceSize: store.options.pieceSize, wanted: key.number, limit: store.wholeLimit
    ) { [store] piece, bytes, _ in
      store.pieces.store(bytes, as: self.key(piece))
    }
    let found = try fetch.part(
      start..<start + key.count, version: version, whole: whole, asksRange: hasRanges)
    if !found.isWhole { store.pieces.store(found.bytes, as: key) }
    let bytes = found.isWhole ? whole.kept : found.bytes
    guard bytes.count == key.count else {
      throw TesseraError(
        .truncated(format: "the object's piece", expected: key.count, got: bytes.count, unit: "bytes"),
        path: name, stage: .read)
    }
    return bytes
  }

  // MARK: the whole

  /// Reads the object once from start to end and compares its SHA-256. What is not in the cache is fetched; what has
  /// room stays there.
  ///
  /// - Parameter sha256: 64 hexadecimal digits.
  /// - Throws: `remote` with `checksum` for other bytes; what reading throws.
  public func verify(sha256: String) throws {
    if let found = try digest(whileTrue: { _ in true }) { try compare(found, with: sha256) }
  }

  /// The object's SHA-256; nil if `isWanted`, which is called with the bytes of each step, says stop.
  func digest(whileTrue isWanted: (_ count: Int) -> Bool) throws -> String? {
    let block = MemoryBlock(byteCount: 1 << 20)
    var digest = Digest()
    var at = 0
    while at < byteCount {
      let count = try read(into: block.mutableBytes, at: at)
      digest.update(UnsafeRawBufferPointer(rebasing: block.bytes[..<count]))
      at += count
      guard isWanted(count) else { return nil }
    }
    return digest.hex()
  }

  /// - Throws: `remote` with `checksum`.
  func compare(_ found: String, with sha256: String) throws {
    guard found == sha256.lowercased() else {
      throw TesseraError(
        .remote(RemoteFault(.checksum, detail: "SHA-256 should be \(sha256) and is \(found)")), path: name,
        stage: .read)
    }
  }
}

extension RemoteFile: Equatable {
  /// The same version of the same object.
  public static func == (a: RemoteFile, b: RemoteFile) -> Bool { a.name == b.name && a.version == b.version }
}

extension RemoteFile: ByteSource {
  var path: String { name }
}
