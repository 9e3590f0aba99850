internal import TesseraCore

extension TarIndex {
  /// The index of a tar on a server: from the store's folder, from `URL.index` beside the tar, or made from its headers
  /// and kept in the store's folder.
  ///
  /// An index beside the tar is taken for it if the sizes agree, and if a header of a member lies where the index says
  /// the first and the last member are. It is not looked for where the URL has a query: a signature is of one object.
  static func open(remote url: String, _ store: RemoteStore) throws -> TarIndex {
    let url = try RemoteURL(url)
    let file = try RemoteFile(url, store)
    let stamp = file.version.stamp
    let place = store.options.cache.map { cachePath(of: file.name, stamp, in: $0) }
    if let place, let tables = stored(place, stamp) {
      var index = TarIndex(file, tables)
      index.storage = place
      return index
    }
    if !url.hasQuery, let tables = beside(try url.beside(".index"), file, store) {
      var index = TarIndex(file, tables)
      index.storage = file.name + ".index"
      index.keep(place, stamp, store)
      return index
    }
    var index = TarIndex(
      file, try TarIndexBuilder.tables(of: TarFileInput(file, size: file.byteCount)))
    index.keep(place, stamp, store)
    return index
  }

  private init(_ file: RemoteFile, _ tables: TarTables) {
    self.init(path: file.name, tables: tables)
    remote = file
  }

  /// Writes the index into the store's folder; `storageFault` says why it is not there.
  private mutating func keep(_ place: String?, _ stamp: OpenFile.Stamp, _ store: RemoteStore) {
    guard let place, let folder = store.options.cache else {
      if storage == nil {
        storageFault = TesseraError(
          .invalidArgument(name: "the cache", expected: "a folder for indices of remote tars", got: "none"),
          path: path)
      }
      return
    }
    do {
      try FileIO.makeFolder(folder)
      try Self.write(TarIndexFile.encoded(tables, stamp), to: place)
      storage = storage ?? place
    } catch { storageFault = TesseraError.of(error) }
  }

  /// Two versions of an object, and two objects of one name, have different files in a cache.
  private static func cachePath(of name: String, _ stamp: OpenFile.Stamp, in cache: String) -> String {
    let short = name.split(separator: "/").last ?? "tar"
    let version = Fingerprint("remote", name, "\(stamp.size)", "\(stamp.modified)").hex.prefix(16)
    return "\(cache)/\(short.prefix(100)).\(version).index"
  }

  /// The tables of an index beside a tar; nil where there is none, or it is of another tar.
  private static func beside(_ url: RemoteURL, _ file: RemoteFile, _ store: RemoteStore) -> TarTables? {
    // A server that has no index, or does not give it, costs the time to make one and nothing else.
    guard let index = try? RemoteFile(url, store), index.byteCount <= 1 << 30,
      let bytes = try? index.bytes(0..<index.byteCount),
      let tables = TarIndexFile.decode(bytes, size: file.byteCount),
      (try? agrees(tables, file)) == true
    else { return nil }
    return tables
  }

  /// Whether the headers before the first and the last member are headers, of members of those sizes.
  private static func agrees(_ tables: TarTables, _ file: RemoteFile) throws -> Bool {
    for member in Set([tables.blocks.indices.first, tables.blocks.indices.last].compactMap { $0 }) {
      let place = tables.bytes(ofMember: member)
      let start = place.lowerBound - TarHeader.blockSize
      guard start >= 0, place.upperBound <= file.byteCount else { return false }
      let isHeader = try file.bytes(start..<place.lowerBound).withUnsafeBytes { bytes in
        guard !TarHeader.isZero(bytes), TarHeader.hasChecksum(bytes) else { return false }
        // A size that only an extended header tells is not compared.
        let header = TarHeader(bytes)
        return header.kind == .file && (header.size == place.count || place.count >= 1 << 33)
      }
      if !isHeader { return false }
    }
    return true
  }
}
