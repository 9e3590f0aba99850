internal import TesseraCore

/// A destination that a run has for itself, or its part of it.
package struct PartClaim: Sendable {
  package let folder: PartFolder
  /// Keeps others away while the claim lives.
  package let lock: FolderLock
  /// SHA-256 of `run.json`.
  package let runDigest: String

  /// Removes what the run's new journal has taken over: a finished part's record, as the part is not finished any
  /// more, and the files of parts that one process finishes.
  package func removeOthers(_ adopted: [PartNames]) throws {
    if !folder.assignment.isWhole { try FileIO.remove(folder.path + "/" + folder.names.record) }
    // A record first: what is left without one is not taken for finished.
    for part in adopted {
      for name in part.all.reversed() { try FileIO.remove(folder.path + "/" + name) }
    }
  }
}
