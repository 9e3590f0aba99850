private import Foundation
internal import TesseraCodecs
internal import TesseraCore
internal import TesseraCorpora
internal import TesseraData

/// What stages' data hold: their records and the bytes of their pictures, as SHA-256.
///
/// To read every picture takes time, so what it came to is kept in a file (`memory`), with what the file system says of
/// all these files: while no name, size, time of change or inode of them has changed, no picture is read again.
struct DataContents {
  /// The file that keeps what was worked out, a line a corpus: what the file system said, what the bytes came to.
  let memory: String
  /// Of more bytes than these, only every n-th picture is read, so that about so many are: 64 GiB are some minutes.
  var limit = 1 << 36
  private static let keptLines = 1000

  /// What a corpus holds, a line each.
  ///
  /// - Parameter name: what the recipe calls it.
  /// - Throws: what opening the corpus throws; `io` of the file that keeps. A picture that cannot be read is part of what
  ///   the corpus is, no error.
  func lines(of source: CorpusSource, named name: String) throws -> [String] {
    let records = "\(name): \(try source.open().fingerprint().hex)"
    guard let files = try Files(source) else { return [records] }
    let look = try files.look()
    // What is read thinly has another digest than what is read whole.
    let step = max(1, (look.bytes + limit - 1) / limit)
    let key = "\(look.digest)/\(step)"
    let known =
      try FileIO.sizeIfThere(memory) == nil ? "" : String(decoding: try FileIO.read(memory), as: UTF8.self)
    var kept = known.split(separator: "\n").map(String.init)
    let line = "\(name)'s pictures: "
    if let old = kept.first(where: { $0.hasPrefix(key + " ") }) {
      return [records, line + old.dropFirst(key.count + 1)]
    }
    let contents = try files.read(step)
    kept = kept.suffix(Self.keptLines - 1) + ["\(key) \(contents)"]
    try AtomicFile.write(Array((kept.joined(separator: "\n") + "\n").utf8), to: memory)
    return [records, line + contents]
  }
}

extension DataContents {
  /// The files in which a corpus has its pictures: looked at and read by as many threads as there are cores.
  private struct Files {
    /// How many places there are: a sample's pictures, or a tar.
    let count: Int
    let pictures: @Sendable (Int) throws -> [PictureSource]
    private static let chunk = 256
    /// Files over so many bytes are not held whole in memory.
    private static let pieces = 1 << 24

    /// - Returns: nil where there are no pictures.
    init?(_ source: CorpusSource) throws {
      switch try source.resolvedFormat() {
      case .text: return nil
      case .webdataset:
        // Whole tars: texts lie in them too, and the fingerprint has their places alone.
        var all = source
        (all.range, all.limit) = (nil, nil)
        guard let tars = (try all.open() as? TarCorpus)?.tars.shards.map(\.path) else { return nil }
        count = tars.count
        pictures = { [.file(tars[$0])] }
      case .llava, .messages, .preferences, .captions:
        let corpus = try source.open()
        count = corpus.count
        pictures = { try corpus.sample(at: $0).pictures }
      }
    }

    /// What the file system says of all of them, and their bytes together.
    func look() throws -> (digest: String, bytes: Int) {
      try digest(1) { picture, digest in
        guard let path = picture.file, let stamp = FileStamp(path) else {
          digest.update("not in a file: \(picture.name)")
          return 0
        }
        digest.update(path)
        for number in stamp.numbers { digest.update(number) }
        guard case .section(_, let range, _) = picture else { return stamp.size }
        digest.update(range.lowerBound)
        digest.update(range.count)
        return range.count
      }
    }

    /// The bytes of every `step`-th.
    func read(_ step: Int) throws -> String {
      try digest(step) { picture, digest in
        do {
          // Tars are longer than any picture may be: piece by piece.
          if case .file(let path) = picture, FileIO.size(path) ?? 0 > Self.pieces {
            digest.update(try Digest.file(path))
          } else {
            try picture.withEncodedBytes(limits: DecodeLimits()) { bytes in
              digest.update(bytes.count)
              digest.update(bytes)
            }
          }
        } catch { digest.update("unreadable") }
        return 0
      }.digest
    }

    /// One digest of all, whichever thread came to which: of their chunks' digests in order.
    private func digest(
      _ step: Int, _ add: @escaping @Sendable (PictureSource, inout Digest) -> Int
    ) throws -> (digest: String, bytes: Int) {
      let chunks = (count + Self.chunk - 1) / Self.chunk
      let parts = Guarded([(digest: String, bytes: Int)](repeating: ("", 0), count: chunks))
      let next = Guarded(0)
      let cores = ProcessInfo.processInfo.activeProcessorCount
      try WorkerThreads.run(min(cores, chunks)) { [self] _ in
        while true {
          let chunk = next.withLock { next -> Int in
            defer { next += 1 }
            return next
          }
          guard chunk < chunks else { return }
          var digest = Digest()
          var bytes = 0
          for place in chunk * Self.chunk..<min(count, (chunk + 1) * Self.chunk) where place % step == 0 {
            do { for picture in try pictures(place) { bytes += add(picture, &digest) } } catch {
              // What is wrong with a record is in the records' bytes.
              digest.update("no record")
            }
          }
          let part = (digest.hex(), bytes)
          parts.withLock { $0[chunk] = part }
        }
      }
      return parts.withLock { parts in
        (Fingerprint(parts.map { $0.digest }).hex, parts.reduce(0) { $0 + $1.bytes })
      }
    }
  }
}
