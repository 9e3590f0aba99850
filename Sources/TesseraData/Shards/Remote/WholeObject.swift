internal import TesseraCore

/// Cuts an object that comes as a whole into pieces: what becomes of a server's answer that gives no parts.
final class WholeObject {
  /// The most bytes that an object may have.
  let limit: Int
  private let pieceSize: Int
  /// The piece that the caller waits for, which is kept here whatever the cache does.
  private let wanted: Int
  private let store: (_ piece: Int, _ bytes: [UInt8], _ version: RemoteVersion) -> Void
  private var version = RemoteVersion(size: 0, etag: "", modified: "")
  private var piece = 0
  private var bytes: [UInt8] = []
  private var received = 0
  private(set) var kept: [UInt8] = []

  init(
    pieceSize: Int, wanted: Int, limit: Int,
    store: @escaping (_ piece: Int, _ bytes: [UInt8], _ version: RemoteVersion) -> Void
  ) {
    self.pieceSize = pieceSize
    self.wanted = wanted
    self.limit = limit
    self.store = store
  }

  /// Starts anew: an object without parts cannot be gone on with.
  func begin(_ version: RemoteVersion) {
    (self.version, piece, received) = (version, 0, 0)
    bytes = []
  }

  var isComplete: Bool { received == version.size }

  /// Takes the next bytes; false for more than the server told.
  func append(_ part: UnsafeRawBufferPointer) -> Bool {
    guard part.count <= version.size - received else { return false }
    var done = 0
    while done < part.count {
      let count = min(part.count - done, pieceSize - bytes.count)
      bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: part[done..<done + count]))
      done += count
      received += count
      if bytes.count == pieceSize || received == version.size { finishPiece() }
    }
    return true
  }

  private func finishPiece() {
    if piece == wanted { kept = bytes }
    store(piece, bytes, version)
    piece += 1
    bytes.removeAll(keepingCapacity: true)
  }
}
