internal import TesseraCore

/// A destination that processes of one job may share, as one of them sees it.
///
/// What they have in common is `run.json`, which the first to come makes, and the outputs, each of which one
/// process alone writes. Everything else carries the part's name.
package struct PartFolder: Sendable {
  package let path: String
  package let names: PartNames
  package var assignment: ShardAssignment { names.assignment }
  /// The options with which one process finishes what several began.
  private let finishingAlone: String

  package init(
    _ path: String, for assignment: ShardAssignment, finishingAlone: String = "--shard none --resume"
  ) {
    self.path = path
    names = PartNames(assignment)
    self.finishingAlone = finishingAlone
  }

  package func has(_ name: String) throws -> Bool {
    try FileIO.sizeIfThere(path + "/" + name) != nil
  }

  /// Files of this part's own beside the outputs, without `run.json`, which all share.
  private func existing() throws -> Set<String> {
    Set(try names.all.filter { try $0 != RunRecord.name && has($0) })
  }

  /// Whether this part, or the whole, has results or the beginnings of some.
  private func hasResults() throws -> Bool {
    assignment.isWhole
      ? try has(RunRecord.name) || !existing().isEmpty
      : try !existing().isEmpty || has(PartNames(.whole).manifest)
  }

  /// Looks at the folder before any work, and writes nothing.
  ///
  /// - Parameters:
  ///   - resume: whether to go on with this part's results.
  ///   - check: reads the record that is there and refuses another run's.
  /// - Returns: the lock on what is there; nil if the folder is free.
  /// - Throws: `invalidArgument` for results without `resume` or of another run; `io`, also for those in another process's
  ///   hands.
  package func enter(resume: Bool, check: () throws -> Void) throws -> FolderLock? {
    guard try isTaken() else { return nil }
    guard try resume || !hasResults() else {
      throw refusal(
        "an empty or new folder", "one with an earlier run's results (--resume goes on with them)")
    }
    try check()
    let lock = try FolderLock(path, for: assignment)
    try checkOthers()
    // Again, now that nobody can change it.
    guard try resume || !hasResults() else { throw overtaken }
    return lock
  }

  private var overtaken: TesseraError {
    refusal("an empty or new folder", "one in which another process has begun the same")
  }

  private func isTaken() throws -> Bool {
    if try has(RunRecord.name) { return true }
    if try DestinationState.isEmpty(path) { return false }
    // Another process of the same run may have begun between the two looks; the record comes first of all.
    if try has(RunRecord.name) { return true }
    let whole = PartNames(.whole)
    let isRun = try has(whole.manifest) || has(whole.journal) || !PartNames.found(in: path).isEmpty
    throw refusal(
      "an empty or new folder",
      isRun
        ? "one with results whose \(RunRecord.name) is lost, which alone tells how they were made (move them away "
          + "and begin again)"
        : "one with other files in it")
  }

  /// Takes the folder, or this part of it: makes it, with `run.json`, and removes what a killed run left aside.
  ///
  /// - Parameters:
  ///   - lock: what `enter` gave.
  ///   - json: everything that decides the run's bytes; nothing of the part.
  ///   - outputs: what this part's outputs are called; asked only if there are unfinished files.
  ///   - check: as for `enter`.
  /// - Returns: the claim. What it holds lasts as long as it.
  package func begin(
    _ lock: FolderLock?, _ json: [UInt8], outputs: () -> Set<[UInt8]>, check: () throws -> Void
  ) throws -> PartClaim {
    let digest = try claim(json, check: check)
    if let lock {
      try removeUnfinished(outputs: outputs) { try FileIO.remove($0) }
      return PartClaim(folder: self, lock: lock, runDigest: digest)
    }
    // The folder was free at the first look, so whatever is there now is of processes that came meanwhile.
    let mine = try FolderLock(path, for: assignment)
    try checkOthers()
    let others = try PartNames.found(in: path)
    guard try existing().isEmpty, !assignment.isWhole || others.isEmpty else { throw overtaken }
    // A run that was killed before it had `run.json` left its try to make it; one that just begins holds its own.
    try removeUnfinished(outputs: outputs) { _ = try FileIO.removeLeft($0) }
    return PartClaim(folder: self, lock: mine, runDigest: digest)
  }

  private func refusal(_ expected: String, _ got: String) -> TesseraError {
    DestinationState.refusal(path, expected, got)
  }

  /// Refuses what other processes left and this one must not touch.
  ///
  /// - Throws: `invalidArgument`.
  private func checkOthers() throws {
    if try has(MergeMarker.name) {
      throw refusal("a folder at rest", "an interrupted merge (tessera merge finishes it)")
    }
    guard !assignment.isWhole else { return }
    if try has(PartNames(.whole).journal) {
      throw refusal(
        "one in which nobody works alone",
        "an unfinished run of one process (\(finishingAlone) finishes it)")
    }
    let counts = Set(try PartNames.found(in: path).map(\.assignment.count))
    if let other = counts.first(where: { $0 != assignment.count }) {
      throw refusal(
        "parts of \(assignment.count)",
        "parts of \(other) (go on with as many, or let one process finish: \(finishingAlone))")
    }
  }

  /// Makes the folder and `run.json` in it, or finds that another process of the same run has made it.
  ///
  /// - Returns: SHA-256 of the record as it stands there.
  private func claim(_ json: [UInt8], check: () throws -> Void) throws -> String {
    try FileIO.makeFolder(path)
    let record = path + "/" + RunRecord.name
    _ = try AtomicFile.create(json, at: record, owner: "\(names.tag).\(FileIO.processIdentifier)")
    // Read in any case: without hard links, another process may have replaced ours.
    try check()
    return Digest.hex(of: try FileIO.read(record))
  }

  /// Removes what a killed run left aside: all such files for the whole, for a part those that it alone writes.
  private func removeUnfinished(outputs: () -> Set<[UInt8]>, _ remove: (String) throws -> Void) throws {
    var walk = FolderWalk()
    try walk.walk(path)
    let found = walk.folders.flatMap { below in
      below.files.filter(AtomicFile.isPart).map { file in
        below.path.isEmpty ? file : below.path + [UInt8(ascii: "/")] + file
      }
    }
    if found.isEmpty { return }
    let mine = assignment.isWhole ? nil : outputs()
    for file in found {
      let name = String(decoding: file, as: UTF8.self)
      let output = Array(file.dropLast(AtomicFile.partSuffix.utf8.count))
      if let mine, !mine.contains(output), !isOwn(String(decoding: output, as: UTF8.self)) { continue }
      try remove(path + "/" + name)
    }
  }

  /// Whether a file in the folder itself is the part's own, or its try to make `run.json`. No more than that: a
  /// source's folder may well be called `part-00001-of-00003`.
  private func isOwn(_ name: String) -> Bool {
    names.all.contains(name) || (name.hasPrefix("\(RunRecord.name).\(names.tag).") && !name.contains("/"))
  }

  /// Says that a part is finished: its manifest and its list of errors must be written, all outputs in place.
  package func finish(_ record: PartRecord) throws {
    try AtomicFile.write(try record.json, to: path + "/" + names.record, sync: true)
  }
}
