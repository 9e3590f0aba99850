public import TesseraCodecs
public import TesseraCore

/// Where a sample's picture is to be had. Making one reads nothing; the loader's threads do.
public enum PictureSource: Sendable {
  /// An encoded file.
  case file(String)
  /// A part of a file: a tar's member. `name` is what errors call it.
  case section(file: String, bytes: Range<Int>, name: String)
  /// A part of an object on a server: a remote tar's member. `name` is what errors call it.
  case remote(RemoteFile, bytes: Range<Int>, name: String)
  /// Encoded bytes in memory.
  case bytes([UInt8], name: String = "")
  /// Encoded bytes that something else fetches, on the loader's thread.
  case deferred(name: String, @Sendable () throws -> [UInt8])
  /// A picture that is decoded already.
  case image(Image, name: String = "")
  /// A tensor that is ready: `[C, H, W]`. A recipe works on it where it is `uint8` (as on a picture).
  case tensor(AnyTensor, name: String = "")
  /// A picture that is known to be unreadable: a name that is not UTF-8, a folder without permission.
  case unreadable(TesseraError)

  /// What errors call it.
  public var name: String {
    switch self {
    case .file(let path): path
    case .section(_, _, let name), .remote(_, _, let name), .bytes(_, let name), .deferred(let name, _),
      .image(_, let name), .tensor(_, let name):
      name
    case .unreadable(let error): error.path ?? ""
    }
  }

  /// The file that holds the picture, where it is one of the disk's.
  package var file: String? {
    switch self {
    case .file(let path), .section(let path, _, _): path
    default: nil
    }
  }

  /// A tar's member: the tar as errors call it, where in it the member lies, and what errors call that.
  var member: (tar: String, bytes: Range<Int>, name: String)? {
    switch self {
    case .section(let tar, let bytes, let name): (tar, bytes, name)
    case .remote(let tar, let bytes, let name): (tar.name, bytes, name)
    default: nil
    }
  }

  /// The object on a server that holds the picture.
  var remote: RemoteFile? {
    if case .remote(let file, _, _) = self { file } else { nil }
  }

  /// Calls `body` with the encoded bytes: of files and parts of files in memory that the thread uses again. They are gone
  /// when it returns. Pictures and tensors that are decoded already have none.
  ///
  /// - Throws: as `encodedBytes`; what `body` throws.
  package func withEncodedBytes<R>(
    limits: DecodeLimits, _ body: (UnsafeRawBufferPointer) throws -> R
  ) throws -> R {
    var isRead = false
    func use(_ bytes: UnsafeRawBufferPointer) throws -> R {
      isRead = true
      return try body(bytes)
    }
    do {
      switch self {
      case .file(let path):
        return try FileIO.withBytes(of: path, limit: limits.bytes, isRegular: true, use)
      case .section(let file, let range, _):
        try check(range, limits)
        return try FileIO.withBytes(of: file, range: range, use)
      case .remote(let file, let range, _):
        try check(range, limits)
        return try file.withBytes(range, use)
      default:
        return try (encodedBytes(limits: limits) ?? []).withUnsafeBytes(use)
      }
    } catch let error as TesseraError where !isRead {
      throw read(error)
    }
  }

  private func check(_ range: Range<Int>, _ limits: DecodeLimits) throws {
    guard range.count <= limits.bytes else {
      throw TesseraError(
        .limitExceeded(what: "bytes of the member", limit: limits.bytes, found: range.count))
    }
  }

  private func read(_ error: TesseraError) -> TesseraError {
    // The member's name begins with the object's.
    if case .remote(let file, _, let name) = self, error.path == file.name, !name.isEmpty {
      return TesseraError(error.reason, path: name, index: error.index, stage: error.stage ?? .read)
    }
    return error.with(path: name.isEmpty ? nil : name, stage: .read)
  }

  /// The encoded bytes; nil for pictures and tensors that are decoded already.
  ///
  /// - Throws: `TesseraError` of stage `read` (or `list`), `limitExceeded` before anything is read.
  public func encodedBytes(limits: DecodeLimits = DecodeLimits()) throws -> [UInt8]? {
    do {
      switch self {
      case .file(let path): return try FileIO.read(path, limit: limits.bytes, isRegular: true)
      case .section(let file, let range, _):
        try check(range, limits)
        return try FileIO.read(file, range: range)
      case .remote(let file, let range, _):
        try check(range, limits)
        return try file.bytes(range)
      case .bytes(let bytes, _): return bytes
      case .deferred(_, let fetch): return try fetch()
      case .image, .tensor: return nil
      case .unreadable(let error): throw error
      }
    } catch let error as TesseraError {
      throw read(error)
    }
  }
}
