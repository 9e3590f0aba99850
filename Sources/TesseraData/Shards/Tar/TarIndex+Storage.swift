private import Foundation
internal import TesseraCore

extension TarIndex {
  /// The index of a tar: from its file where that is there and fits, else made and kept.
  ///
  /// The file is `NAME.tar.index` beside the tar; where that cannot be written, one in `cache`. It is used while
  /// the tar has the size and the time of change that it states; a stale, torn or altered one is made again. Where
  /// none can be kept at all, the index is made each time, and `storageFault` says why.
  ///
  /// Of a tar on a server (`https://host/NAME.tar`) the index is looked for in the store's folder, then beside the tar;
  /// else it is made from the tar's headers by ranged requests.
  ///
  /// - Parameters:
  ///   - cache: a folder for indices of tars in folders that cannot be written; made if it is not there.
  ///   - remote: what reads tars on servers; nil for one of its own, with its pieces in `cache`.
  /// - Throws: `io` or `remote` if the tar cannot be read; `unsupported` for a compressed one or a pipe; `corrupt` for a file
  ///   that is no tar. A damaged tar has an index: of what is good in it, with its `faults`.
  /// - Complexity: O(members) to make, reading the headers only.
  public static func open(
    _ path: String, cache: String? = nil, remote: RemoteStore? = nil
  ) throws -> TarIndex {
    do {
      guard RemoteName.isRemote(path) else { return try read(path, cache: cache) }
      return try open(remote: path, try remote ?? RemoteStore(RemoteOptions(cache: cache)))
    } catch let error as TesseraError {
      throw error.with(path: path, stage: .read)
    }
  }

  private static func read(_ path: String, cache: String?) throws -> TarIndex {
    // Looked at before it is opened: to open a pipe is to wait for its writer.
    guard FileIO.size(path) != nil || FileIO.isFolder(path) || FileIO.identity(path) == nil else {
      throw TesseraError(
        .unsupported(format: "tar", feature: "random access to a pipe (WebDatasetStream reads it once)"))
    }
    let file = try OpenFile(reading: path)
    let stamp = try file.stamp()
    let places = [path + ".index"] + (cache.map { [cachePath(of: path, in: $0)] } ?? [])
    for place in places {
      if let tables = stored(place, stamp) {
        var index = TarIndex(path: path, tables: tables)
        index.storage = place
        return index
      }
    }
    var index = TarIndex(
      path: path, tables: try TarIndexBuilder.tables(of: TarFileInput(file, size: stamp.size)))
    let bytes = TarIndexFile.encoded(index.tables, stamp)
    for (number, place) in places.enumerated() {
      do {
        if number > 0, let cache { try FileIO.makeFolder(cache) }
        try write(bytes, to: place)
        index.storage = place
        index.storageFault = nil
        break
      } catch let error as TesseraError {
        index.storageFault = error
      }
    }
    return index
  }

  /// The tables in an index file; nil if there is none, or it is not of this tar as it is now.
  static func stored(_ place: String, _ stamp: OpenFile.Stamp) -> TarTables? {
    // 1 GiB holds the index of 30 million members. An unreadable file is as good as none: it is made again.
    guard FileIO.size(place) != nil, let bytes = try? FileIO.read(place, limit: 1 << 30) else { return nil }
    return TarIndexFile.decode(bytes, stamp)
  }

  /// Several processes may make the same index at once: each writes a file of its own and renames it.
  static func write(_ bytes: [UInt8], to place: String) throws {
    let own = "\(place).\(getpid())-\(UInt32.random(in: 0 ... .max))\(AtomicFile.partSuffix)"
    try AtomicFile.write(bytes, to: own)
    try AtomicFile.rename(own, to: place)
  }

  /// Two tars of one name in different folders have different files in a cache.
  private static func cachePath(of path: String, in cache: String) -> String {
    let full = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
    let name = path.split(separator: "/").last ?? "tar"
    return "\(cache)/\(name).\(Fingerprint(full).hex.prefix(12)).index"
  }
}
