private import Foundation
internal import TesseraCore

/// Keeps two processes from doing the same part, or from merging a part at which one is still at work.
///
/// A lock on bytes of `run.json`: byte *i* for part *i* of several, all bytes for the whole and for a merge.
/// It ends with the process, however that ends. A file system without locks is used without one: then nothing
/// but this guard is lost.
package final class FolderLock: Sendable {
  private let file: Int32

  /// Locks; does not wait.
  ///
  /// - Throws: `io`, with EWOULDBLOCK if another process has the lock.
  package init(_ folder: String, for assignment: ShardAssignment?) throws {
    let path = folder + "/" + RunRecord.name
    file = try FileIO.openFile(path, O_RDWR)
    var range = flock()
    range.l_type = Int16(F_WRLCK)
    range.l_whence = Int16(SEEK_SET)
    if let assignment, !assignment.isWhole {
      range.l_start = off_t(assignment.index)
      range.l_len = 1
    }
    // Of the open file, not of the process: closing another descriptor of the same file keeps it.
    while fcntl(file, Self.setLock, &range) != 0 {
      if errno == EINTR { continue }
      guard errno == EAGAIN || errno == EACCES else { return }
      throw TesseraError(
        .io(
          operation: "lock", code: EWOULDBLOCK,
          message: "another process is at work on \(Self.what(assignment)); wait for it, or end it"),
        path: folder)
    }
  }

  deinit { close(file) }

  private static func what(_ assignment: ShardAssignment?) -> String {
    guard let assignment else { return "it, or a part of it" }
    return assignment.isWhole ? "it" : "shard \(assignment), or on the whole"
  }

  #if os(Linux)
    /// F_OFD_SETLK, which is behind a macro that Swift does not see on every system.
    private static let setLock: Int32 = 37
  #else
    private static let setLock: Int32 = F_SETLK
  #endif
}
