internal import TesseraCore

/// Which object a server holds under a URL: what must stay the same while it is read.
struct RemoteVersion: Equatable, Sendable {
  var size: Int
  /// With its quotes; empty where the server tells none.
  var etag: String
  var modified: String

  /// How an answer's version differs from this one, in words; nil if it does not as far as it tells.
  ///
  /// An answer that leaves one of the three out says nothing of it.
  func difference(from other: RemoteVersion) -> String? {
    if size != other.size { return "it had \(size) bytes and has \(other.size)" }
    if !etag.isEmpty, !other.etag.isEmpty {
      return etag == other.etag ? nil : "its ETag was \(etag) and is \(other.etag)"
    }
    guard !modified.isEmpty, !other.modified.isEmpty, modified != other.modified else { return nil }
    return "its date was \(modified) and is \(other.modified)"
  }

  /// 32 hexadecimal digits that tell this version of this object from all others, and pieces of one size from another.
  func key(name: String, pieceSize: Int) -> String {
    String(Fingerprint("piece 1", name, "\(size)", etag, modified, "\(pieceSize)").hex.prefix(32))
  }

  /// What stands in an index in the place of a file's size and time.
  var stamp: OpenFile.Stamp {
    let digits = Fingerprint("version 1", etag, modified).hex.prefix(15)
    return OpenFile.Stamp(size: size, modified: Int(digits, radix: 16) ?? 0)
  }
}
