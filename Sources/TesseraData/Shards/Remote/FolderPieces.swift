private import Foundation
internal import Logging
internal import TesseraCore

/// Pieces in a folder, a file each, at most so many bytes; the least recently used go first.
///
///     pieces/<object, 16 digits>-<version, 32 digits>/<number>
///
/// Several processes may share the folder: files are written aside and renamed, read through an open descriptor, and a
/// piece that another process has removed is simply not there. Each process counts what it writes and looks at the
/// whole folder again after a sixteenth of the limit, so that *n* of them together may go over it by *n* sixteenths
/// for a while; one alone does not. What cannot be written stays in memory, within the bound of that.
package final class FolderPieces: PieceCache {
  private struct State {
    /// Bytes of all files as last counted, and what was written since; nil before the first count.
    var byteCount: Int?
    var writtenSince = 0
    /// Of those, bytes that are being written just now.
    var underWay = 0
    var hasWarned = false
  }

  /// Unfinished files of processes that ended are removed when they are older than this, in seconds.
  private static let abandoned = 3600.0

  private let folder: String
  private let limit: Int
  private let memory: MemoryPieces
  private let state = Guarded(State())

  /// - Parameters:
  ///   - limit: the most bytes of files.
  ///   - memorySize: the most bytes of pieces in memory, where the folder takes none.
  package init(folder: String, limit: Int, memorySize: Int = 0) {
    self.folder = folder + "/pieces"
    self.limit = limit
    memory = MemoryPieces(limit: memorySize)
  }

  package func knows(family: String) -> Bool {
    // A cache that is not there, or cannot be listed, knows nothing: the server is asked.
    (try? FileManager.default.contentsOfDirectory(atPath: folder))?
      .contains { $0.hasPrefix(family + "-") } ?? false
  }

  private func folder(of key: PieceKey) -> String { "\(folder)/\(key.family)-\(key.object)" }

  private func path(of key: PieceKey) -> String { "\(folder(of: key))/\(key.number)" }

  // MARK: reading

  package func read(_ key: PieceKey, _ range: Range<Int>, into target: UnsafeMutableRawBufferPointer)
    -> PieceState
  {
    let path = path(of: key)
    guard FileIO.size(path) != nil else { return memory.read(key, range, into: target) }
    do {
      let file = try OpenFile(reading: path)
      if try PieceFile.read(file, key, range, into: target) {
        file.touch()
        return .there
      }
      try FileIO.remove(path)
      return .damaged
    } catch {
      // Removed by another process just now, or a disk that cannot be read: the server has it.
      return .missing
    }
  }

  // MARK: writing

  package func store(_ bytes: [UInt8], as key: PieceKey) {
    let prefix = PieceFile.prefix(key, bytes)
    let size = prefix.count + bytes.count
    guard size <= limit else { return memory.store(bytes, as: key) }
    do {
      try makeRoom(size)
      defer { state.withLock { $0.underWay -= size } }
      try write(prefix, bytes, key)
    } catch {
      warn(TesseraError.of(error))
      memory.store(bytes, as: key)
    }
  }

  private func write(_ prefix: [UInt8], _ bytes: [UInt8], _ key: PieceKey) throws {
    let path = path(of: key)
    let own = "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max))\(AtomicFile.partSuffix)"
    // Another process may take an empty folder away in between: once more, then.
    let tries = 3
    for attempt in 1...tries {
      do {
        try FileIO.makeFolder(folder(of: key))
        try prefix.withUnsafeBytes { prefix in
          try bytes.withUnsafeBytes { try AtomicFile.write([prefix, $0], to: own) }
        }
        return try AtomicFile.rename(own, to: path)
      } catch  where attempt < tries {}
    }
  }

  /// A cache that cannot be written costs time and no sample: it is told once.
  private func warn(_ error: TesseraError) {
    let isFirst = state.withLock { state in
      defer { state.hasWarned = true }
      return !state.hasWarned
    }
    if isFirst { Logger(label: "tessera").warning("the cache of remote shards cannot be written: \(error)") }
  }

  // MARK: the bound

  private struct Entry {
    var path: String
    var size: Int
    var used: Int
  }

  /// Removes the least recently used pieces until so many bytes more have room, and counts them as written.
  private func makeRoom(_ size: Int) throws {
    // Under the lock: threads of one process do not clear the folder at once.
    try state.withLock { state in
      defer { (state.writtenSince, state.underWay) = (state.writtenSince + size, state.underWay + size) }
      if let known = state.byteCount, known + state.writtenSince + size <= limit,
        state.writtenSince <= limit / 16
      {
        return
      }
      var (entries, total) = try entries()
      total += state.underWay
      if total + size > limit {
        // A little more than is needed, so that not every piece looks through the folder.
        let goal = max(limit - limit / 16 - size, 0)
        entries.sort { ($0.used, $0.path) < ($1.used, $1.path) }
        for entry in entries where total > goal {
          try FileIO.remove(entry.path)
          total -= entry.size
        }
      }
      state.byteCount = total
      state.writtenSince = 0
    }
  }

  /// All pieces with their sizes and the times of their last use; folders without a piece are removed.
  private func entries() throws -> ([Entry], total: Int) {
    try FileIO.makeFolder(folder)
    var entries: [Entry] = []
    var total = 0
    let now = Date().timeIntervalSince1970
    for object in try FileManager.default.contentsOfDirectory(atPath: folder) {
      // Another process may have taken the folder away just now.
      let files = try? FileManager.default.contentsOfDirectory(atPath: "\(folder)/\(object)")
      for name in files ?? [] {
        let path = "\(folder)/\(object)/\(name)"
        guard let size = FileIO.size(path), let used = FileIO.changed(path) else { continue }
        if AtomicFile.isPart(Array(name.utf8)) {
          if now - Double(used) / 1e9 > Self.abandoned { try FileIO.remove(path) } else { total += size }
          continue
        }
        entries.append(Entry(path: path, size: size, used: used))
        total += size
      }
      // Only an empty folder goes.
      if files?.isEmpty == true { rmdir("\(folder)/\(object)") }
    }
    return (entries, total)
  }
}
