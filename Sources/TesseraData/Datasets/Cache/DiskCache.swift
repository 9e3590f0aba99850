private import Foundation
internal import TesseraCore

/// Pictures in a file that grows by a record a sample, and is mapped when it is opened again.
///
/// The file is its own journal: records carry checksums, and whatever stands behind the last good one (a torn write)
/// is cut off when it is opened. Once every sample is in, an index is written aside and renamed; with it the file is
/// opened without reading it, and records are checked when they are first used.
///
/// One process fills at a time; others that come while it does work without the cache and say so. A write that fails
/// (a full disk) ends the filling, not the run.
final class DiskCache: PictureCache {
  private struct State {
    var offsets: [Int]
    var end = 0
    var stored = 0
    var isFilling = false
    var fault: TesseraError?
    var damaged = 0
    /// Records that need no check: made or checked in this process.
    var isChecked: [Bool]
  }

  /// Writes bytes at an offset; tests put a disk that fills up in its place.
  typealias Writer =
    @Sendable (_ file: Int32, _ bytes: UnsafeRawBufferPointer, _ offset: Int, _ path: String) throws
    -> Void

  let path: String
  private let file: Int32
  /// What the file held when it was opened.
  private let mapping: MappedFile
  private let limit: Int
  private let write: Writer
  private let state: Guarded<State>

  /// Opens the file of a key, or starts it.
  ///
  /// - Parameters:
  ///   - key: what everything that decides the pictures comes to.
  ///   - limit: bytes of the file.
  /// - Throws: `io` if the folder or the file cannot be made or read.
  init(
    folder: String, key: String, samples: Int, limit: Int,
    write: @escaping Writer = { try FileIO.writeAll($0, $1, at: $2, path: $3) }
  ) throws {
    try FileIO.makeFolder(folder)
    let path = (folder.hasSuffix("/") ? folder : folder + "/") + key.prefix(32) + ".tessera-cache"
    self.path = path
    self.limit = limit
    self.write = write
    // A link that somebody else put there would have its file grown and cut.
    let file = FileIO.uninterrupted { open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0o666) }
    guard file >= 0 else { throw FileIO.lastError("open", path) }
    self.file = file
    do {
      var state = State(
        offsets: Array(repeating: -1, count: samples), isChecked: Array(repeating: false, count: samples))
      if let index = try CacheIndex.read(
        path: path + ".index", samples: samples, dataSize: try FileIO.size(of: file, path))
      {
        state.offsets = index
        state.stored = samples
        state.end = try FileIO.size(of: file, path)
      } else if flock(file, LOCK_EX | LOCK_NB) != 0 {
        state.fault = FileIO.lastError("lock (another process is filling the cache)", path)
      } else {
        state.isFilling = true
        try Self.recover(file, path, &state)
      }
      mapping = try MappedFile(path, byteCount: state.fault == nil ? state.end : 0)
      self.state = Guarded(state)
    } catch {
      close(file)
      throw error
    }
    // A run that ended between the last record and the index.
    self.state.withLock { if $0.isFilling && $0.stored == samples { finish(&$0) } }
  }

  deinit { close(file) }

  /// Reads what an earlier run left, to the first record that is not whole, and cuts the file there. An index that
  /// does not fit goes.
  private static func recover(_ file: Int32, _ path: String, _ state: inout State) throws {
    try FileIO.remove(path + ".index")
    let size = try FileIO.size(of: file, path)
    let samples = state.offsets.count
    while state.end < size {
      guard let head = try head(file, state.end, size, path), head.index < samples else { break }
      if try checksum(file, state.end + CacheRecord.unit, head.length, path) == head.checksum {
        if state.offsets[head.index] < 0 { state.stored += 1 }
        state.offsets[head.index] = state.end
        state.isChecked[head.index] = true
      } else {
        // Its place is lost, those behind it are not.
        state.damaged += 1
      }
      state.end += CacheRecord.unit + head.length
    }
    if state.end < size { try FileIO.cutFile(file, to: state.end, path) }
  }

  private static func head(_ file: Int32, _ at: Int, _ size: Int, _ path: String) throws -> CacheRecord.Head?
  {
    guard at + CacheRecord.unit <= size else { return nil }
    let bytes = try read(file, at, CacheRecord.unit, path)
    guard let head = bytes.withUnsafeBytes({ CacheRecord.head($0) }) else { return nil }
    return head.length <= size - at - CacheRecord.unit ? head : nil
  }

  private static func checksum(_ file: Int32, _ start: Int, _ length: Int, _ path: String) throws -> UInt32 {
    var sum: UInt32 = 0
    var at = 0
    while at < length {
      let piece = try read(file, start + at, min(1 << 20, length - at), path)
      sum = piece.withUnsafeBytes { CacheRecord.checksum($0, sum) }
      at += piece.count
    }
    return sum
  }

  private static func read(_ file: Int32, _ at: Int, _ count: Int, _ path: String) throws -> [UInt8] {
    try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      try FileIO.readAll(file, into: UnsafeMutableRawBufferPointer(buffer), at: at, path: path)
      filled = count
    }
  }

  // MARK: reading

  func find(_ index: Int) -> CacheEntry {
    let (offset, isChecked) = state.withLock { ($0.offsets[index], $0.isChecked[index]) }
    guard offset >= 0 else { return .missing }
    do {
      if let entry = try load(offset, index: index, isChecked: isChecked) {
        if !isChecked { state.withLock { $0.isChecked[index] = true } }
        return entry
      }
    } catch { state.withLock { $0.fault = $0.fault ?? TesseraError(wrapping: error) } }
    // Decoded anew from here on.
    state.withLock { state in
      guard state.offsets[index] >= 0 else { return }
      state.offsets[index] = -1
      state.damaged += 1
      state.stored -= 1
      // Without its index the next run takes in what is missing.
      do { try FileIO.remove(path + ".index") } catch {
        state.fault = state.fault ?? TesseraError(wrapping: error)
      }
    }
    return .missing
  }

  /// The pictures of the record at an offset: views on the mapping, or read where the file has grown since.
  ///
  /// - Returns: nil if the record is damaged.
  private func load(_ offset: Int, index: Int, isChecked: Bool) throws -> CacheEntry? {
    let start = offset + CacheRecord.unit
    if offset < mapping.byteCount {
      guard start <= mapping.byteCount,
        let head = try mapping.withBytes(offset..<start, { CacheRecord.head($0) }), head.index == index,
        head.length <= mapping.byteCount - start
      else { return nil }
      return try mapping.withBytes(start..<start + head.length) { bytes in
        if !isChecked && CacheRecord.checksum(bytes) != head.checksum { return nil }
        return try entry(bytes, head.pictures) {
          try mapping.block(start + $0.lowerBound..<start + $0.upperBound)
        }
      }
    }
    let head = try Self.read(file, offset, CacheRecord.unit, path).withUnsafeBytes { CacheRecord.head($0) }
    guard let head, head.index == index else { return nil }
    let block = MemoryBlock(byteCount: head.length)
    try FileIO.readAll(file, into: block.mutableBytes, at: start, path: path)
    return try entry(block.bytes, head.pictures) { range in
      MemoryBlock(readOnly: block.base + range.lowerBound, byteCount: range.count) {
        withExtendedLifetime(block) {}
      }
    }
  }

  private func entry(
    _ bytes: UnsafeRawBufferPointer, _ count: Int, _ block: (Range<Int>) throws -> MemoryBlock
  ) throws -> CacheEntry? {
    if count == 0 { return .nothing }
    return try CacheRecord.pictures(bytes, count: count, block).map { .pictures($0) }
  }

  // MARK: filling

  var isFilling: Bool { state.withLock { $0.isFilling } }

  func store(_ pictures: [CachedPicture], at index: Int) {
    guard isFilling, let bytes = CacheRecord.encode(pictures, index: index) else { return }
    state.withLock { state in
      guard state.isFilling, state.offsets[index] < 0 else { return }
      guard bytes.count <= limit - state.end else {
        state.isFilling = false
        return
      }
      do {
        try bytes.withUnsafeBytes { try write(file, $0, state.end, path) }
      } catch {
        state.isFilling = false
        state.fault = TesseraError(wrapping: error)
        // What was written of the record goes; if even that fails, the next run finds it torn and cuts it.
        do { try FileIO.cutFile(file, to: state.end, path) } catch {}
        return
      }
      state.offsets[index] = state.end
      state.isChecked[index] = true
      state.end += bytes.count
      state.stored += 1
      if state.stored == state.offsets.count { finish(&state) }
    }
  }

  /// Writes the index, once the records are on the disk for certain.
  private func finish(_ state: inout State) {
    state.isFilling = false
    do {
      try FileIO.flushFile(file, path)
      try CacheIndex.write(state.offsets, dataSize: state.end, to: path + ".index")
      flock(file, LOCK_UN)
    } catch {
      state.fault = TesseraError(wrapping: error)
    }
  }

  var report: CacheReport {
    state.withLock { state in
      var report = CacheReport()
      report.samples = state.offsets.count
      report.cached = state.stored
      report.byteCount = state.end
      report.isFilling = state.isFilling
      report.fault = state.fault
      report.damaged = state.damaged
      return report
    }
  }
}
