private import Foundation
internal import TesseraCore

/// A file that is written aside and gets its name when it is whole.
///
/// One that is let go before leaves nothing; a crash leaves at most a file whose name ends in `.tessera-part`.
final class PartFile: Sendable {
  /// The name that it gets.
  let path: String
  /// What it is called until then.
  let part: String
  /// Its bytes.
  let file: NewFile
  /// Which file the part is; nil where the system would not tell.
  private let made: FileIdentity?
  /// Whether the part is still to be removed.
  private let isUnfinished = Guarded(true)

  /// Starts the file; an older one of that name stays until `finish`.
  ///
  /// - Parameter part: what it is called while it is unfinished; nil for the usual. Where another writes a file of that name
  ///   just now, another one is taken: both finish, and who does so last has the name.
  /// - Throws: `io` with the final name.
  init(_ path: String, part: String? = nil) throws {
    self.path = path
    (file, self.part) = try Self.create(path, part ?? AtomicFile.part(of: path))
    // Asked for now: once the file is closed, its descriptor may be another's.
    made = try? file.identity()
  }

  private static func create(_ path: String, _ part: String) throws -> (NewFile, String) {
    do { return (try NewFile(part, as: path), part) } catch let error as TesseraError {
      guard case .io(_, EBUSY, _) = error.reason else { throw error }
      let own = AtomicFile.part(of: "\(path).\(getpid())-\(UInt32.random(in: 0 ... .max))")
      return (try NewFile(own, as: path), own)
    }
  }

  deinit { abandon() }

  /// Gives the file its name.
  ///
  /// - Parameters:
  ///   - sync: wait for the disk first.
  ///   - staysOpen: whether more will be written to it.
  /// - Throws: `io`. Nothing is left aside, and an older file of that name is as it was.
  func finish(sync: Bool = false, staysOpen: Bool = false) throws {
    try whole(sync: sync, staysOpen: staysOpen) { try FileIO.rename(part, to: path) }
  }

  /// Gives the file its name unless another has it.
  ///
  /// - Returns: whether it got it.
  /// - Throws: `io`.
  func finishIfFree(sync: Bool) throws -> Bool {
    try whole(sync: sync, staysOpen: false) {
      if link(part, path) == 0 {
        try FileIO.remove(part)
        return true
      }
      let code = errno
      if code != EEXIST, try FileIO.sizeIfThere(path) == nil {
        // A file system without hard links: the last of several wins, so all must look what they got.
        try FileIO.rename(part, to: path)
        return true
      }
      try FileIO.remove(part)
      return false
    }
  }

  /// Calls `name` once all bytes are written for certain, and takes the part away if anything fails.
  private func whole<R>(sync: Bool, staysOpen: Bool, _ name: () throws -> R) throws -> R {
    do {
      if sync { try file.flush() }
      // By another process's hand the part's name may have come to another file, or to a link.
      guard try FileIO.ownIdentity(part) == file.identity() else {
        throw TesseraError(
          .io(
            operation: "rename", code: EBUSY,
            message: "another process has put something else in the place of the unfinished file"), path: path
        )
      }
      // Without the lock another writer would take the part, until it has its name, for one that was left behind.
      let held = try file.duplicate()
      defer { close(held) }
      if !staysOpen { try file.close() }
      let result = try name()
      isUnfinished.withLock { $0 = false }
      return result
    } catch {
      abandon()
      throw error
    }
  }

  /// Takes away what was written and is of no more use.
  ///
  /// - Throws: `io`.
  func remove() throws {
    try FileIO.remove(part)
    isUnfinished.withLock { $0 = false }
  }

  /// Takes away what was written, after an error; not what another has put in its place. That it cannot be taken changes
  /// nothing: what remains has no final name.
  func abandon() {
    isUnfinished.withLock { isUnfinished in
      if isUnfinished && !isAnothers { unlink(part) }
      isUnfinished = false
    }
  }

  /// Whether the part's name has come to another file for certain.
  private var isAnothers: Bool {
    // A name that cannot be looked at is taken for ours, so that a failing disk leaves no files behind.
    guard let made, let found = try? FileIO.ownIdentity(part) else { return false }
    return found != made
  }
}
